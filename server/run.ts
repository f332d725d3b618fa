import { LogMisfit } from '../ingest/log/kafka/trouble.ts'
import { BadSettings } from './bad-settings.ts'
import { describeDoors } from './doors.ts'
import type { RunningServer } from './parts/running.ts'
import { readSettings } from './read-settings.ts'
import { type Role, roles, type Settings } from './settings.ts'

/** Longest time a stop may take; a process manager's own patience is usually 10 to 30 s. */
const stopDeadlineMs = 25_000

/** Each process loads what it is made of and no more. */
const starts: Readonly<Record<Role, (settings: Settings) => Promise<RunningServer>>> = {
  all: async (settings) => (await import('./all-in-one.ts')).startAllInOne(settings),
  gateway: async (settings) => (await import('./gateway.ts')).startGateway(settings),
  sink: async (settings) => (await import('./sink.ts')).startSink(settings),
  query: async (settings) => (await import('./query.ts')).startQuery(settings),
}

function readRole(argument = 'all'): Role {
  const role = roles.find((each) => each === argument)
  if (!role) throw new BadSettings(`there is no ${argument}: say one of ${roles.join(', ')}, or nothing for all`)
  return role
}

function stopOnSignals(server: RunningServer): () => boolean {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals) => {
    // A second signal means now: what is acknowledged is in the log.
    if (stopping) process.exit(1)
    stopping = true
    setTimeout(() => process.exit(1), stopDeadlineMs).unref()
    void server.stop(signal).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return () => stopping
}

try {
  const role = readRole(process.argv[2])
  const settings = readSettings(process.env, role)
  const server = await starts[role](settings)
  const stopping = stopOnSignals(server)
  try {
    await server.ready
    for (const line of describeDoors(settings, server.port)) console.log(line)
  } catch (error) {
    if (!stopping()) throw error
  }
} catch (error) {
  // What somebody has to change, without the place in our code where it was found.
  console.error(error instanceof BadSettings || error instanceof LogMisfit ? error.message : error)
  process.exit(1)
}

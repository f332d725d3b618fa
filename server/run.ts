import { startAllInOne } from './all-in-one.ts'
import { BadSettings, readSettings } from './settings.ts'

/** Longest time a stop may take; a process manager's own patience is usually 10 to 30 s. */
const stopDeadlineMs = 25_000

try {
  const server = await startAllInOne(readSettings(process.env))
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
} catch (error) {
  console.error(error instanceof BadSettings ? error.message : error)
  process.exit(1)
}

/** One broker as a process that can be started, stopped, killed, paused and asked. */
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LogLocked, lockDirectory } from '../../ingest/log/lock.ts'
import { isFree } from './ports.ts'
import { answers } from './probe.ts'
import { spawnTied } from './tied.ts'

export type BrokerExit = {
  readonly id: number
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Whether `stop` or `kill` was called. */
  readonly asked: boolean
}

export type KafkaBroker = {
  readonly id: number
  /** Where it listens for clients, which may not be what it tells them. */
  readonly port: number
  /** Process number of java itself; undefined when it does not run. */
  pid(): number | undefined
  alive(): boolean
  /** Starts it again on its data and port, and waits until it answers. Throws when it ends or does not answer in time. */
  start(): Promise<void>
  /** SIGTERM, and gone; SIGKILL after `graceMs`. Nothing happens when it does not run. */
  stop(graceMs?: number): Promise<void>
  /** SIGKILL, and gone. */
  kill(): Promise<void>
  /** SIGSTOP: connections stay open and nothing answers, until `resume`. */
  pause(): void
  resume(): void
  /** The last lines of what it logged and printed. */
  output(): string
}

export type BrokerProcess = {
  readonly id: number
  readonly port: number
  /** Where its settings, logs and data are. */
  readonly folder: string
  /** Text of its `server.properties`. */
  readonly properties: string
  readonly java: string
  readonly javaOptions: readonly string[]
  /** PEM, when clients use TLS. */
  readonly ca: string | undefined
  readonly onExit: ((exit: BrokerExit) => void) | undefined
}

export const logFile = 'server.log'
export const propertiesFile = 'server.properties'
const readyMs = 90_000
const stopMs = 30_000

export function createBroker(broker: BrokerProcess): KafkaBroker {
  const { id, port, folder, java, javaOptions, ca } = broker
  const printed = join(folder, 'console.log')
  const properties = join(folder, propertiesFile)
  let child: ChildProcess | undefined
  let exited: Promise<void> = Promise.resolve()
  let asked = false

  const output = () => [join(folder, logFile), printed].map(lastLines).join('')
  const signal = (name: NodeJS.Signals) => child?.kill(name)

  function launch(unlock: () => Promise<void>): void {
    // Written each time: whoever tried to start this directory a second time may have left other ports there.
    writeFileSync(properties, broker.properties)
    const descriptor = openSync(printed, 'w')
    const started = spawnTied(java, [...javaOptions, 'kafka.Kafka', properties], descriptor)
    closeSync(descriptor)
    child = started
    exited = new Promise((resolve) => {
      const end = (code: number | null, signal: NodeJS.Signals | null) => {
        child = undefined
        // The folder may have been removed.
        void unlock().then(resolve, () => resolve())
        broker.onExit?.({ id, code, signal, asked })
      }
      started.once('error', () => end(null, null))
      started.once('exit', end)
    })
  }

  async function kill(): Promise<void> {
    asked = true
    signal('SIGKILL')
    await exited
  }

  return {
    id,
    port,
    output,
    pid: () => child?.pid,
    alive: () => child !== undefined,
    async start() {
      if (child) throw new Error(`broker ${id} is running already`)
      await exited
      asked = false
      // Else whatever has the port would answer in its place.
      if (!(await isFree(port))) throw new Error(`port ${port} of 127.0.0.1 is taken; broker ${id} cannot start`)
      const unlock = await lockFolder(folder)
      try {
        if (asked) throw new Error(`broker ${id} was stopped before it started`)
        launch(unlock)
      } catch (error) {
        await unlock()
        throw error
      }
      const deadline = Date.now() + readyMs
      while (!(await answers(port, ca))) {
        if (!child) throw new Error(`broker ${id} ended at its start:\n${output()}`)
        if (Date.now() > deadline) {
          await kill()
          throw new Error(`broker ${id} did not answer in ${readyMs} ms:\n${output()}`)
        }
        await sleep(20)
      }
      if (!child) throw new Error(`broker ${id} ended as soon as it answered:\n${output()}`)
    },
    async stop(graceMs = stopMs) {
      asked = true
      signal('SIGTERM')
      // One that is paused could not hear it.
      signal('SIGCONT')
      const timer = setTimeout(signal, graceMs, 'SIGKILL')
      await exited
      clearTimeout(timer)
    },
    kill,
    pause: () => void signal('SIGSTOP'),
    resume: () => void signal('SIGCONT'),
  }
}

/** Kafka locks its data as well, but only after it has begun to write to the log of the controllers. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  return lockDirectory(folder).catch((cause: unknown) => {
    if (!(cause instanceof LogLocked)) throw cause
    throw new Error(`Kafka runs in ${folder} already: ${cause.message}`, { cause })
  })
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-8000)
  } catch {
    // It has not written any yet.
    return ''
  }
}

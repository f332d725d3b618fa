/** One broker as a process that can be started, stopped, killed, paused and asked. */
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
  readonly java: string
  readonly javaOptions: readonly string[]
  /** PEM, when clients use TLS. */
  readonly ca: string | undefined
  readonly onExit: ((exit: BrokerExit) => void) | undefined
}

export const logFile = 'server.log'
const readyMs = 90_000
const stopMs = 30_000

export function createBroker({ id, port, folder, java, javaOptions, ca, onExit }: BrokerProcess): KafkaBroker {
  const printed = join(folder, 'console.log')
  let child: ChildProcess | undefined
  let exited: Promise<void> = Promise.resolve()
  let asked = false

  const output = () => [join(folder, logFile), printed].map(lastLines).join('')
  const signal = (name: NodeJS.Signals) => child?.kill(name)

  function launch(): void {
    const descriptor = openSync(printed, 'w')
    asked = false
    const started = spawnTied(java, [...javaOptions, 'kafka.Kafka', join(folder, 'server.properties')], descriptor)
    closeSync(descriptor)
    child = started
    exited = new Promise((resolve, reject) => {
      started.once('error', reject)
      started.once('exit', (code, signal) => {
        child = undefined
        resolve()
        onExit?.({ id, code, signal, asked })
      })
    })
    // Whoever waits sees the error; without one it would end the process.
    exited.catch(() => {})
  }

  return {
    id,
    port,
    output,
    pid: () => child?.pid,
    alive: () => child !== undefined,
    async start() {
      if (child) throw new Error(`broker ${id} is running already`)
      launch()
      const deadline = Date.now() + readyMs
      while (!(await answers(port, ca))) {
        if (!child) {
          await exited
          throw new Error(`broker ${id} ended at its start:\n${output()}`)
        }
        if (Date.now() > deadline) {
          await this.kill()
          throw new Error(`broker ${id} did not answer in ${readyMs} ms:\n${output()}`)
        }
        await sleep(20)
      }
      if (!child) throw new Error(`something else answers on port ${port}; broker ${id} ended:\n${output()}`)
    },
    async stop(graceMs = stopMs) {
      asked = true
      signal('SIGTERM')
      // One that is paused could not hear it.
      signal('SIGCONT')
      const timer = setTimeout(signal, graceMs, 'SIGKILL')
      await exited.finally(() => clearTimeout(timer))
    },
    async kill() {
      asked = true
      signal('SIGKILL')
      await exited
    },
    pause: () => void signal('SIGSTOP'),
    resume: () => void signal('SIGCONT'),
  }
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-8000)
  } catch {
    // It has not written any yet.
    return ''
  }
}

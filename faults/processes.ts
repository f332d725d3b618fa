/** Processes of ours as nodes of a world: killed, paused, and started again on the same port and data. */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnTied } from '../infra/kafka/tied.ts'
import { packageFile } from '../schema/files.ts'
import { createTail } from './tail.ts'
import type { WorldNode } from './world.ts'

export type ProcessOptions = {
  readonly name: string
  /** A compiled program of the package, such as `dist/server/main.cjs`. */
  readonly program: string
  readonly arguments?: readonly string[]
  /** Added to ours. `PORT` is set to the node's port, and `LOG_LEVEL` has to let the line through that tells it is ready. */
  readonly environment: Readonly<Record<string, string>>
  /** Where it listens on 127.0.0.1, each time. */
  readonly port: number
  readonly readyMs?: number
  /** Told of each end that was not asked for by `kill` or `stop`. */
  readonly onUnexpectedExit: (exit: UnexpectedExit) => void
}
export type UnexpectedExit = {
  readonly node: string
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** It ended before it was ready. */
  readonly starting: boolean
  /** What it wrote last. */
  readonly output: string
}
export type NodeProcess = WorldNode & {
  readonly port: number
  readonly url: string
  /** SIGTERM, and gone; SIGKILL after 30 s, which throws. Nothing happens when it does not run. */
  stop(): Promise<void>
}

const stopMs = 30_000
const outputBytes = 256 * 1024

/** A node that does not run yet. */
export function createNodeProcess(options: ProcessOptions): NodeProcess {
  const { name, port, program, readyMs = 60_000 } = options
  const tail = createTail(outputBytes)
  let child: ChildProcess | undefined
  let exited: Promise<void> = Promise.resolve()
  let starting: Promise<void> | undefined
  let ready = false
  let asked = false

  function launch(): void {
    const environment = { ...process.env, ...options.environment, PORT: String(port), HOST: '127.0.0.1' }
    const file = packageFile(program)
    const started = spawnTied(process.execPath, [file, ...(options.arguments ?? [])], 'pipe', environment)
    child = started
    const fresh = createTail(outputBytes)
    ready = false
    asked = false
    for (const stream of [started.stdout!, started.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        tail.add(text)
        if (!ready) fresh.add(text)
        ready ||= isReady(fresh.text(), port)
      })
    }
    exited = new Promise((resolve, reject) => {
      started.once('error', reject)
      started.once('close', (code, signal) => {
        child = undefined
        tail.add(`[${name} ended: ${signal ?? `code ${code}`}]\n`)
        if (!asked) options.onUnexpectedExit({ node: name, code, signal, starting: !ready, output: tail.text() })
        resolve()
      })
    })
  }

  async function kill(): Promise<void> {
    asked = true
    child?.kill('SIGKILL')
    await exited
  }

  async function startNew(): Promise<void> {
    launch()
    const mine = child
    const deadline = performance.now() + readyMs
    while (!ready) {
      if (child !== mine) throw new Error(`${name} ended at its start:\n${tail.text()}`)
      if (performance.now() > deadline) {
        await kill()
        throw new Error(`${name} was not ready after ${readyMs} ms:\n${tail.text()}`)
      }
      await sleep(5)
    }
  }

  return {
    name,
    port,
    url: `http://127.0.0.1:${port}`,
    pid: () => child?.pid,
    alive: () => child !== undefined,
    output: tail.text,
    kill,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    async start() {
      if (starting === undefined && child) return
      starting ??= startNew().finally(() => {
        starting = undefined
      })
      await starting
    },
    async stop() {
      if (!child) return
      asked = true
      child.kill('SIGTERM')
      // One that is paused could not hear it.
      child.kill('SIGCONT')
      let late = false
      const timer = setTimeout(() => {
        late = true
        child?.kill('SIGKILL')
      }, stopMs)
      await exited
      clearTimeout(timer)
      if (late) throw new Error(`${name} did not stop in ${stopMs} ms:\n${tail.text()}`)
    },
  }
}

/** The line that our servers write when they are ready. */
function isReady(output: string, port: number): boolean {
  return new RegExp(`^\\{.*"port":${port}\\b.*"msg":"ready"\\}$`, 'm').test(output)
}

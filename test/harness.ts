import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageFile } from '../schema/files.ts'

export type Settings = Readonly<Record<string, string | number>>
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

/** The server as a child process. */
export type Server = {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Everything it wrote so far. */
  output(): string
  /** SIGKILL, and gone. */
  kill(): Promise<void>
  /** Asks it to end, and waits. */
  stop(signal?: 'SIGTERM' | 'SIGINT'): Promise<Exit>
  signal(signal: 'SIGTERM' | 'SIGINT' | 'SIGSTOP' | 'SIGCONT'): void
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<Exit>
}

const startMs = 60_000
const stopMs = 30_000
/** Processes that run, with the folders they are on. */
const alive = new Map<ChildProcess, { readonly dataDir: string; readonly exited: Promise<Exit> }>()
process.on('exit', () => {
  for (const child of alive.keys()) child.kill('SIGKILL')
})
// Without these a test that is stopped would leave its servers behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export type Launched = { readonly child: ChildProcess; readonly exited: Promise<Exit>; output(): string }

/** What a process of ours is started as. */
export type ProcessKind = 'all' | 'gateway' | 'sink' | 'query' | 'store'

/** Starts a process on a folder, whether or not it will come up. */
export function launch(dataDir: string, settings: Settings = {}, kind: ProcessKind = 'all'): Launched {
  const chosen = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))
  const program = kind === 'store' ? ['dist/infra/store/main.cjs'] : ['dist/server/main.cjs', kind]
  const child = spawn(process.execPath, [packageFile(program[0]!), ...program.slice(1)], {
    env: { ...process.env, PORT: '0', HOST: '127.0.0.1', API_KEY: '', DATA_DIR: dataDir, ...chosen },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
  }
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      alive.delete(child)
      resolve({ code, signal })
    })
  })
  alive.set(child, { dataDir, exited })
  return { child, exited, output: () => text }
}

/** Starts a process of a kind (by default everything in one) and waits until it is ready. */
export async function startServer(
  dataDir: string,
  settings: Settings = {},
  kind: ProcessKind = 'all',
): Promise<Server> {
  const { child, exited, output } = launch(dataDir, settings, kind)
  const deadline = Date.now() + startMs
  let port = readyPort(output())
  while (port === undefined) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server did not start:\n${output()}`)
    if (Date.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the server was not ready after ${startMs} ms:\n${output()}`)
    }
    await sleep(5)
    port = readyPort(output())
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid!,
    output,
    exited,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const late = new AbortController()
      const exit = await Promise.race([exited, sleep(stopMs, undefined, { signal: late.signal })])
      late.abort()
      if (exit) return exit
      child.kill('SIGKILL')
      throw new Error(`the server did not stop in ${stopMs} ms:\n${output().slice(-4000)}`)
    },
  }
}

/** What is needed to ask a server and to tell what became of it. */
export type Asked = Pick<Server, 'url' | 'output' | 'exited'>

/** `fetch` from a server; when there is no answer, the error says what became of the server. */
export async function fetchFrom(server: Asked, path: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(server.url + path, init)
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
    const exit = await Promise.race([server.exited, sleep(200, 'it lives')])
    const state = `${JSON.stringify(exit)}; its last lines:\n${server.output().slice(-3000)}`
    throw new Error(`no answer from ${path}: ${cause?.code} ${cause?.message}; the server: ${state}`, { cause: error })
  }
}

function readyPort(output: string): number | undefined {
  const match = /^\{.*"port":(\d+).*"msg":"ready"\}$/m.exec(output)
  return match ? Number(match[1]) : undefined
}

/**
 * A folder for the server's data, removed at the end. A server that a failed test has left on it is ended: while it runs, the test's process would
 * never end.
 */
export async function withDataDir(work: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'stepstream-test-'))
  try {
    await work(dataDir)
  } finally {
    for (const [child, on] of [...alive]) {
      if (!on.dataDir.startsWith(dataDir)) continue
      child.kill('SIGKILL')
      await on.exited
    }
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** A server on a folder of its own; both are gone at the end. */
export function withServer(
  settings: Settings,
  work: (server: Server, dataDir: string) => Promise<void>,
): Promise<void> {
  return withDataDir(async (dataDir) => {
    const server = await startServer(dataDir, settings)
    try {
      await work(server, dataDir)
    } finally {
      await server.kill()
    }
  })
}

/** Resolves when `holds` does. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in ${timeoutMs} ms: ${what}`)
    await sleep(10)
  }
}

/** Resident memory of a process in bytes: now, and at its peak. */
export async function residentBytes(pid: number): Promise<{ now: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
  return { now: read('VmRSS'), peak: read('VmHWM') }
}

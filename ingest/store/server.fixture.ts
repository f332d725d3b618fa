import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { spawnTied } from '../../infra/kafka/tied.ts'
import { packageFile } from '../../schema/files.ts'
import { openRemoteStore, type RemoteStoreOptions } from './remote.ts'

/** `infra/store` as a process of its own. */
export type StoreProcess = {
  readonly url: string
  readonly port: number
  readonly pid: number
  kill(signal: NodeJS.Signals): void
  /** Ends it and waits until it is gone; what it exited with. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>
}

export async function startStoreProcess(
  dataDirectory: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<StoreProcess> {
  const env = { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDirectory, ...settings }
  // Tied and with no descriptor of ours: one that outlives its test would keep the runner waiting for the end of its output.
  const child = spawnTied(process.execPath, [packageFile('dist/infra/store/main.cjs')], 'pipe', env)
  child.stderr!.pipe(process.stderr, { end: false })
  const port = await readyPort(child)
  const gone = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid!,
    kill: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM') {
      child.kill('SIGCONT')
      child.kill(signal)
      const [code, by] = await gone
      return code ?? by!
    },
  }
}

async function readyPort(child: ChildProcess): Promise<number> {
  for await (const line of createInterface(child.stdout!)) {
    const { port, msg } = JSON.parse(line) as { port?: number; msg: string }
    if (msg === 'ready') {
      child.stdout!.resume()
      return port!
    }
  }
  throw new Error('the store process ended before it was ready')
}

export const quiet = pino({ level: 'silent' })

export const remoteOptions = (url: string, more: Partial<RemoteStoreOptions> = {}): RemoteStoreOptions => ({
  url,
  user: 'default',
  password: '',
  database: 'default',
  queryTimeoutMs: 10_000,
  queryMemoryBytes: 2e9,
  migrate: true,
  logger: quiet,
  ...more,
})

export const openRemote = (url: string, more: Partial<RemoteStoreOptions> = {}) =>
  openRemoteStore(remoteOptions(url, more))

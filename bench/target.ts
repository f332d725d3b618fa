import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageFile } from '../schema/files.ts'
import { onExit } from './cleanup.ts'
import { peakResidentBytes, processCpuSeconds } from './system.ts'

/** The server under test. */
export type Target = {
  readonly url: string
  /** CPU time of the server so far; undefined where it cannot be known. */
  readonly cpuSeconds: () => Promise<number | undefined>
  readonly peakResidentBytes: () => number | undefined
  /** Stops it cleanly, where it is ours. */
  readonly stop: () => Promise<void>
}

const startMs = 60_000
const stopMs = 120_000

/** Starts the all-in-one server on a free port; its output goes to `<directory>/server.log`. */
export async function startServer(directory: string, dataDirectory: string, apiKey = ''): Promise<Target> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const logPath = join(directory, 'server.log')
  const log = openSync(logPath, 'a')
  const server = spawn(process.execPath, [serverScript()], {
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1', DATA_DIR: dataDirectory, API_KEY: apiKey },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const ended = new Promise<string>((resolve) => {
    server.once('error', (error) => resolve(error.message))
    server.once('exit', (code, signal) => resolve(signal ?? String(code)))
  })
  const isAlive = () => server.pid !== undefined && server.exitCode === null && server.signalCode === null
  const forget = onExit(() => {
    if (isAlive()) server.kill('SIGKILL')
  })
  const pid = server.pid ?? 0
  const trouble = (what: string): Error => new Error(`${what}; the end of its log:\n${lastLines(logPath, 20)}`)

  const deadline = Date.now() + startMs
  while (!(await isReady(url))) {
    if (!isAlive()) throw trouble(`the server ended with ${await ended} instead of getting ready`)
    if (Date.now() > deadline) throw trouble(`the server was not ready after ${startMs / 1_000} s`)
    await sleep(50)
  }

  return {
    url,
    cpuSeconds: async () => (isAlive() ? processCpuSeconds(pid) : undefined),
    peakResidentBytes: () => (isAlive() ? peakResidentBytes(pid) : undefined),
    async stop() {
      if (!isAlive()) throw trouble(`the server ended by itself with ${await ended}`)
      server.kill('SIGTERM')
      const how = await Promise.race([ended, sleep(stopMs, 'late', { ref: false })])
      forget()
      if (how !== '0') throw trouble(`the server was asked to stop and ended with ${how}`)
    },
  }
}

/** A server that already runs: its CPU time is known as far as its `/metrics` tells. */
export function runningServer(url: string): Target {
  return {
    url,
    async cpuSeconds() {
      const response = await fetch(new URL('/metrics', url)).catch(() => undefined)
      if (!response?.ok) return undefined
      const match = /^process_cpu_seconds_total ([0-9.e+-]+)/m.exec(await response.text())
      return match ? Number(match[1]) : undefined
    },
    peakResidentBytes: () => undefined,
    stop: async () => {},
  }
}

/** A CommonJS start file, which can set the engine's environment before anything is loaded, or an ES module. */
function serverScript(): string {
  const commonJs = packageFile('dist/server/main.cjs')
  return existsSync(commonJs) ? commonJs : packageFile('dist/server/main.js')
}

async function isReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  await response?.arrayBuffer()
  return response?.status === 200
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

function lastLines(path: string, count: number): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
}

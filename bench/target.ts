import { join } from 'node:path'
import { freePorts } from '../infra/kafka/ports.ts'
import { type Process, startProcess } from './process.ts'
import { mapUsage, type Role, type Usage } from './usage.ts'

/** The system under test. */
export type Target = {
  /** Where frames go, and where questions. */
  readonly framesUrl: string
  readonly questionsUrl: string
  /** CPU time so far; undefined where it cannot be known. */
  readonly cpuSeconds: () => Promise<Usage | undefined>
  readonly residentBytes: () => Usage | undefined
  readonly peakResidentBytes: () => Usage | undefined
  /** Stops it cleanly, where it is ours. */
  readonly stop: () => Promise<void>
}

/** Where a system that we start keeps what. */
export type Place = {
  /** For logs of the processes. */
  readonly directory: string
  readonly data: string
}

export type StartOptions = {
  readonly apiKey: string | undefined
  readonly profiledRoles: ReadonlySet<string>
  readonly profileDirectory: string
}

export const profileOf = (options: StartOptions, role: string): string | undefined =>
  options.profiledRoles.has(role) ? options.profileDirectory : undefined

/** The all-in-one server on a free port. */
export async function startEmbedded(place: Place, options: StartOptions): Promise<Target> {
  const [port] = (await freePorts(1)) as [number]
  const server = await startProcess({
    ...{ role: 'server', program: 'dist/server/main.cjs', port, logDirectory: place.directory },
    environment: { DATA_DIR: place.data, API_KEY: options.apiKey ?? '' },
    profileDirectory: profileOf(options, 'server'),
  })
  const url = `http://127.0.0.1:${port}`
  return targetOf([server], url, url)
}

/** Processes in the order in which they stop. */
export function targetOf(processes: readonly Process[], framesUrl: string, questionsUrl: string): Target {
  const ofEach = (figure: (process: Process) => number): Usage =>
    Object.fromEntries(processes.map((process) => [process.role, figure(process)]))
  return {
    framesUrl,
    questionsUrl,
    cpuSeconds: async () => ofEach((process) => process.cpuSeconds()),
    residentBytes: () => ofEach((process) => process.residentBytes()),
    peakResidentBytes: () => ofEach((process) => process.peakResidentBytes()),
    async stop() {
      for (const process of processes) await process.stop()
    },
  }
}

/** A system that already runs: its CPU time is known as far as the `/metrics` of its two doors tell. */
export function runningTarget(questionsUrl: string, framesUrl = questionsUrl): Target {
  const doors: Usage | Partial<Record<Role, string>> =
    framesUrl === questionsUrl ? { server: questionsUrl } : { gateway: framesUrl, query: questionsUrl }
  return {
    framesUrl,
    questionsUrl,
    async cpuSeconds() {
      const entries = Object.entries(doors).map(async ([role, url]) => [role, await cpuSecondsAt(url)] as const)
      const usage = Object.fromEntries(await Promise.all(entries)) as Partial<Record<Role, number | undefined>>
      return Object.values(usage).includes(undefined) ? undefined : mapUsage(usage as Usage, (value) => value)
    },
    residentBytes: () => undefined,
    peakResidentBytes: () => undefined,
    stop: async () => {},
  }
}

async function cpuSecondsAt(url: string): Promise<number | undefined> {
  const response = await fetch(new URL('/metrics', url)).catch(() => undefined)
  if (!response?.ok) return undefined
  const match = /^process_cpu_seconds_total ([0-9.e+-]+)/m.exec(await response.text())
  return match ? Number(match[1]) : undefined
}

/** The folder that the store of a place was given: of the one server, or of the store's own process. */
export function storeDirectory(place: Place, log: 'embedded' | 'kafka'): string {
  return log === 'embedded' ? place.data : join(place.data, 'store')
}

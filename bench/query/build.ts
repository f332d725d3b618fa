/** The data folder: built once, kept where it has a name, and used again where it holds what is asked for. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { askChild } from '../children.ts'
import { onExit } from '../cleanup.ts'
import type { Progress } from '../progress.ts'
import { directoryBytes } from '../system.ts'
import { startEmbedded } from '../target.ts'
import { UsageError } from '../usage-error.ts'
import type { BuildAnswer, BuildJob } from './build-child.ts'
import { sendCurves } from './gateway-load.ts'
import type { QueryOptions } from './options.ts'
import { curveProjects, type Plan, type PlanSpec, pointsOf } from './plan.ts'

/** Which way the data came in, and how long that took. */
export type Built = {
  readonly reused: boolean
  readonly throughGateway: { readonly points: number; readonly seconds: number }
  readonly straightIntoStore: BuildAnswer
  readonly bytesOnDisk: number
}

export type DataFolder = { readonly directory: string; readonly data: string }

/** Changes when the values of a seed do: data of an older layout is not used again. */
const layout = 3
const manifestName = 'query-bench.json'
type Manifest = PlanSpec & { readonly layout: number; readonly built: Omit<Built, 'reused'> }

/** @throws UsageError where the folder holds something else */
export function prepareFolder(options: QueryOptions): DataFolder {
  if (options.data !== undefined) {
    const directory = resolve(options.data)
    mkdirSync(directory, { recursive: true })
    const isOurs = existsSync(join(directory, manifestName))
    if (!isOurs && readdirSync(directory).length > 0) {
      throw new UsageError(
        `--data ${options.data} is not empty and holds no finished data of this benchmark: remove it`,
      )
    }
    return { directory, data: join(directory, 'data') }
  }
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-query-bench-'))
  onExit(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  return { directory, data: join(directory, 'data') }
}

/** Builds what is not there. */
export async function buildData(
  { directory, data }: DataFolder,
  plan: Plan,
  options: QueryOptions,
  progress: Progress,
): Promise<Built> {
  const path = join(directory, manifestName)
  const { points, runs, seed } = plan
  if (existsSync(path)) {
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
    if (JSON.stringify([layout, points, runs, seed]) !== JSON.stringify(partsOf(manifest))) {
      throw new UsageError(`--data holds other data (layout, points, runs, seed: ${partsOf(manifest)}): remove it`)
    }
    progress.step(`using the data in ${directory}`)
    return { ...manifest.built, reused: true }
  }
  progress.step(`building the data in ${directory}: short runs through the gateway`)
  const throughGateway = await fillThroughGateway({ directory, data }, plan, options)
  progress.step('building the data: long and many runs straight into the store')
  const straightIntoStore = await askChild<BuildJob, BuildAnswer>('query/build-child.js', {
    dataDirectory: data,
    spec: { points, runs, seed },
  })
  const built = { throughGateway, straightIntoStore, bytesOnDisk: directoryBytes(data) }
  writeFileSync(path, `${JSON.stringify({ layout, points, runs, seed, built } satisfies Manifest, null, 2)}\n`)
  return { ...built, reused: false }
}

const partsOf = ({ layout, points, runs, seed }: Manifest) => [layout, points, runs, seed]

async function fillThroughGateway(folder: DataFolder, plan: Plan, options: QueryOptions) {
  const server = await startEmbedded(folder, { ...options, profiledRoles: new Set() })
  const began = performance.now()
  const projects = curveProjects(plan).filter(({ way }) => way === 'gateway')
  for (const project of projects) await sendCurves(server.framesUrl, options.apiKey, project)
  // What was acknowledged is stored when the server has stopped, summaries included.
  await server.stop()
  const points = projects.reduce((sum, project) => sum + pointsOf(project), 0)
  return { points, seconds: (performance.now() - began) / 1_000 }
}

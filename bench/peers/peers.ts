/** Other stores measured on the benchmark's own points, each in its best way of writing. */
import { mkdirSync } from 'node:fs'
import { type DatasetSpec, framesFor, makeDataset } from '../dataset.ts'
import { defaultCache } from './cache.ts'
import { type PeerData, peerDataset, type ValueKind } from './data.ts'
import { lostInWords } from './lost.ts'
import { measurePath, type PathResult } from './measure.ts'
import { mlflow } from './mlflow/mlflow.ts'
import type { Peer, WritePath } from './peer.ts'
import { questdb } from './questdb/questdb.ts'
import { victoriametrics } from './victoriametrics/victoriametrics.ts'

const peers = { victoriametrics, questdb, mlflow } as const satisfies Record<string, Peer>

export type PeerName = keyof typeof peers
export const peerNames = Object.keys(peers) as PeerName[]

export type PeerOptions = {
  /** Where peers are installed; by default that of all of Stepstream's downloads. */
  readonly cacheDirectory?: string
  /** Where the peer's data is while it is measured. */
  readonly workDirectory: string
  /** The dataset is cut to so many; MLflow's is cut to 100,000 unless this says otherwise. */
  readonly maximumPoints?: number
  /** The fastest way found for the shape, or all of them, or those whose name contains one of these. */
  readonly paths?: 'best' | 'all' | readonly string[]
  /** Requests under way at a time, instead of what each way says. */
  readonly connections?: number
  readonly progress?: (text: string) => void
}

/** The fastest way of those that were measured, and the others as `alternatives`. */
export type PeerResult = PathResult & {
  readonly name: PeerName
  readonly version: string
  /** Every point that was sent is found, and all sampled ones have the same bits. */
  readonly storedExactly: boolean
  /** What it does not keep, such as NaN. */
  readonly lost: string
  readonly alternatives: readonly PathResult[]
}

/** Installs the peer if it is not there, and measures it. Throws `PeerUnavailable` where it cannot be installed. */
export function measurePeer(name: PeerName, spec: DatasetSpec, options: PeerOptions): Promise<PeerResult> {
  const peer: Peer = peers[name]
  const maximum = options.maximumPoints ?? peer.maximumPoints
  return measure(name, { kind: 'shape', ...cut(spec, maximum, peer.framesPerRun[spec.shape]) }, options)
}

export type BytesOptions = {
  readonly series: number
  readonly steps: number
  readonly clockNoiseMs?: number | undefined
}

/** The same for series whose values are all of one kind, for what they take on disk. */
export function measurePeerBytes(
  name: PeerName,
  values: ValueKind,
  options: PeerOptions & BytesOptions,
): Promise<PeerResult> {
  const { series, clockNoiseMs } = options
  const maximum = options.maximumPoints ?? peers[name].maximumPoints
  const steps = stepsMultiple * Math.floor(Math.min(options.steps, maximum / series) / stepsMultiple)
  return measure(name, { kind: 'values', values, seed: 1, series, steps, clockNoiseMs }, options)
}

/** Frames of such series have so many steps. */
export const stepsMultiple = 100

/** At most so many points, of fewer runs where each run would not fill a call. */
export function cut(spec: DatasetSpec, maximumPoints: number, framesPerRun: number): DatasetSpec {
  const { pointsPerFrame } = makeDataset({ ...spec, frames: 1, runs: 1 })
  const most = Number.isFinite(maximumPoints) ? Math.floor(maximumPoints / pointsPerFrame) : spec.frames
  const frames = Math.max(1, Math.min(spec.frames, most))
  return { ...spec, frames, runs: Math.max(1, Math.min(spec.runs, Math.floor(frames / framesPerRun))) }
}

/** So many points at least, side by side from so many runs. */
export function peerSpec(shape: DatasetSpec['shape'], points: number, runs: number, seed: number): DatasetSpec {
  return { shape, seed, project: 'peers', runs, frames: framesFor(shape, points) }
}

async function measure(name: PeerName, data: PeerData, options: PeerOptions): Promise<PeerResult> {
  const peer: Peer = peers[name]
  const progress = options.progress ?? (() => {})
  mkdirSync(options.workDirectory, { recursive: true })
  progress(`${name} ${peer.version}: installing, unless it is there`)
  const folder = await peer.install(options.cacheDirectory ?? defaultCache())
  const { shape, points } = peerDataset(data)
  const results: PathResult[] = []
  for (const own of chosen(peer.paths[shape], options.paths ?? 'best')) {
    const path = { ...own, connections: options.connections ?? own.connections }
    progress(`${name}: ${points} points through ${path.name}, ${path.connections} connections`)
    results.push(await measurePath(peer, folder, path, data, options.workDirectory))
    progress(`${name}: ${Math.round(results.at(-1)!.pointsPerSecond)} points/s`)
  }
  const [fastest, ...alternatives] = results.sort((a, b) => b.pointsPerSecond - a.pointsPerSecond)
  if (fastest === undefined) throw new Error(`${name} has no way of writing that is called ${options.paths}`)
  return {
    ...fastest,
    name,
    version: peer.version,
    storedExactly: isExact(fastest),
    lost: lostInWords(peer.lost, fastest),
    alternatives,
  }
}

function isExact({ points, sentPoints, comparison }: PathResult): boolean {
  return points === sentPoints && comparison.exact === comparison.points && comparison.unexpected === 0
}

function chosen(paths: readonly WritePath[], wanted: 'best' | 'all' | readonly string[]): readonly WritePath[] {
  if (wanted === 'all') return paths
  if (wanted === 'best') return paths.slice(0, 1)
  return paths.filter((path) => wanted.some((part) => path.name.includes(part)))
}

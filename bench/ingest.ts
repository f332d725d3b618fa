import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { askChild } from './children.ts'
import { onExit } from './cleanup.ts'
import { measureCurves } from './curve-latency.ts'
import { type DatasetSpec, framesFor, makeDataset } from './dataset.ts'
import { shapes } from './metrics.ts'
import type { IngestOptions } from './options.ts'
import { type Bench, runPhase, untilAtRest } from './phases.ts'
import { probeVisibility } from './probe.ts'
import type { Progress } from './progress.ts'
import { createQuestioner } from './questions.ts'
import type { RawAnswer, RawJob } from './raw-child.ts'
import { type IngestResult, type Inspected, ingestResult, type Measured } from './results.ts'
import { directoryBytes } from './system.ts'
import { runningServer, startServer } from './target.ts'
import type { VerifyAnswer, VerifyJob } from './verify-child.ts'
import { verifyOverWire } from './wire-verification.ts'

const curveRequests = 200
const curvePoints = 500
const rawBlocks = 20

/** The whole benchmark: phases on the running server, then verification and raw inserts on the stopped server's store. */
export async function runIngest(options: IngestOptions, progress: Progress): Promise<IngestResult> {
  const place = options.url === undefined ? prepareDirectory(options) : undefined
  progress.step(place ? `starting the server, data in ${place.data}` : `using the server at ${options.url}`)
  const target = place
    ? await startServer(place.directory, place.data, options.apiKey)
    : runningServer(options.url as string)
  const questions = createQuestioner(target.url, options.apiKey)
  const bench: Bench = { options, target, questions, progress }
  const datasets = datasetsOf(options)
  const { measured, sent, probes } = await measure(bench, datasets)
  if (place === undefined) progress.step('reading points back')
  const wire = place ? undefined : await verifyOverWire(questions, makeDataset(sent[0] as DatasetSpec))
  questions.close()
  progress.step('stopping the server')
  await target.stop()
  const inspected = place ? await inspect(place, sent, probes, options, progress) : undefined
  return ingestResult(options, measured, inspected, wire)
}

type Datasets = Record<'full' | 'curves', DatasetSpec>
type Sent = { readonly measured: Measured; readonly sent: readonly DatasetSpec[]; readonly probes: number }

async function measure(bench: Bench, datasets: Datasets): Promise<Sent> {
  const { options, target, questions, progress } = bench
  progress.step(`full rate: ${options.points} points, ${options.shape}`)
  const full = await runPhase(bench, datasets.full)
  const pointsPerSecond = full.load.points / full.wallSeconds
  progress.step(`${Math.round(pointsPerSecond)} points/s acknowledged and queryable; letting merges end`)
  const mergeCpuSeconds = await untilAtRest(target)

  const openRate = options.rate ?? pointsPerSecond / 2
  // The same jobs go on logging: their number of frames grows, and one verification covers both phases.
  const { frames } = datasets.full
  const longer = { ...datasets.full, frames: frames + framesFor(options.shape, openRate * options.halfSeconds) }
  progress.step(`open loop: ${Math.round(openRate)} points/s for ${options.halfSeconds} s, with probes`)
  const stop = new AbortController()
  const [open, probes] = await Promise.all([
    runPhase(bench, longer, frames, openRate / makeDataset(longer).pointsPerFrame).finally(() => stop.abort()),
    probeVisibility(target.url, options.apiKey, `${longer.project}-probes`, questions, stop.signal),
  ])

  progress.step('curves')
  await runPhase(bench, datasets.curves)
  await untilAtRest(target)
  const curve = await measureCurves(questions, makeDataset(datasets.curves), curveRequests)
  const peakResidentBytes = target.peakResidentBytes()
  return {
    measured: { full, mergeCpuSeconds, open, openRate, probes, curve, peakResidentBytes },
    sent: [longer, datasets.curves],
    probes: probes.probes,
  }
}

/** Only once the server has stopped: its store belongs to one process at a time. */
async function inspect(
  place: Place,
  datasets: readonly DatasetSpec[],
  probes: number,
  options: IngestOptions,
  progress: Progress,
): Promise<Inspected> {
  const store = directoryBytes(join(place.data, 'store'))
  const bytesOnDisk = { store, log: directoryBytes(place.data) - store }
  progress.step('verifying every stored point')
  const sent = datasets.reduce((sum, spec) => sum + makeDataset(spec).points, probes)
  const totalPoints = place.fresh ? sent : undefined
  const dataDirectory = place.data
  const verification = await askChild<VerifyJob, VerifyAnswer>('verify-child.js', {
    dataDirectory,
    datasets,
    totalPoints,
  })
  progress.step('raw inserts')
  const rawJob = { dataDirectory, shape: options.shape, seed: options.seed, blocks: rawBlocks }
  const raw = await askChild<RawJob, RawAnswer>('raw-child.js', rawJob)
  return { verification, raw: raw.results, bytesOnDisk }
}

type Place = { readonly directory: string; readonly data: string; readonly fresh: boolean }

/** A temporary directory that goes away with this process, unless the user names one or wants to keep it. */
function prepareDirectory(options: IngestOptions): Place {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-bench-'))
  if (options.keep) onExit(() => process.stderr.write(`kept: ${directory}\n`))
  else onExit(() => rmSync(directory, { recursive: true, force: true }))
  const data = options.dataDirectory === undefined ? join(directory, 'data') : resolve(options.dataDirectory)
  const fresh = directoryBytes(data) === 0
  mkdirSync(data, { recursive: true })
  return { directory, data, fresh }
}

/** Projects whose names no earlier benchmark on the same data used; values depend on the seed alone. */
function datasetsOf(options: IngestOptions): Datasets {
  const { shape, seed, runs } = options
  const project = `bench-${shape}-${Date.now().toString(36)}`
  const curveRuns = 20
  const framesPerCurve = curvePoints / shapes.dense.stepsPerFrame
  return {
    full: { shape, seed, project, runs, frames: framesFor(shape, options.points) },
    curves: { shape: 'dense', seed, project: `${project}-curves`, runs: curveRuns, frames: curveRuns * framesPerCurve },
  }
}

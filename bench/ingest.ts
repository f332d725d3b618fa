import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { askChild } from './children.ts'
import { onExit } from './cleanup.ts'
import { measureCurves } from './curve-latency.ts'
import { type DatasetSpec, framesFor, makeDataset } from './dataset.ts'
import type { Latency } from './latency.ts'
import { shapes } from './metrics.ts'
import type { IngestOptions } from './options.ts'
import { type Bench, type Phase, runPhase, untilAtRest } from './phases.ts'
import { probeVisibility } from './probe.ts'
import type { Progress } from './progress.ts'
import { createQuestioner } from './questions.ts'
import type { RawAnswer, RawJob } from './raw-child.ts'
import { type IngestResult, type Inspected, ingestResult, type Measured, type OpenLoop } from './results.ts'
import { constantRate } from './schedule.ts'
import { startSplit } from './split-target.ts'
import { directoryBytes } from './system.ts'
import { type Place, runningTarget, startEmbedded, storeDirectory, type Target } from './target.ts'
import type { Usage } from './usage.ts'
import type { VerifyAnswer, VerifyJob } from './verify-child.ts'
import { verifyOverWire } from './wire-verification.ts'

const curveRequests = 200
const curvePoints = 500

/** The whole benchmark: phases on the running system, then verification and raw inserts on the stopped store. */
export async function runIngest(options: IngestOptions, progress: Progress): Promise<IngestResult> {
  const place = options.url === undefined ? prepareDirectory(options) : undefined
  progress.step(place ? `starting the system, data in ${place.data}` : `using the server at ${options.url}`)
  const target = place ? await start(place, options) : runningTarget(options.url as string)
  const questions = createQuestioner(target.questionsUrl, options.apiKey)
  const { measured, sent, probes } = await measure({ options, target, questions, progress }, datasetsOf(options))
  if (place === undefined) progress.step('reading points back')
  const wire = place ? undefined : await verifyOverWire(questions, makeDataset(sent[0] as DatasetSpec))
  questions.close()
  progress.step('stopping the system')
  await target.stop()
  const inspected = place ? await inspect(place, sent, probes, options, progress) : undefined
  return ingestResult(options, measured, inspected, wire)
}

function start(place: Place, options: IngestOptions): Promise<Target> {
  return options.log === 'kafka' ? startSplit(place, options.partitions, options) : startEmbedded(place, options)
}

type Datasets = Record<'full' | 'curves', DatasetSpec>
type Sent = { readonly measured: Measured; readonly sent: readonly DatasetSpec[]; readonly probes: number }

async function measure(bench: Bench, datasets: Datasets): Promise<Sent> {
  const { options, target, questions, progress } = bench
  const { phases } = options
  const sent: DatasetSpec[] = []
  let jobs = { ...datasets.full, frames: 0 }
  let full: Phase | undefined
  let mergeCpuSeconds: Usage | undefined
  if (phases.has('full')) {
    progress.step(`full rate: ${options.points} points, ${options.shape}`)
    jobs = datasets.full
    full = await runPhase(bench, jobs)
    progress.step(`${Math.round(full.load.points / full.wallSeconds)} points/s acknowledged and queryable`)
    mergeCpuSeconds = await untilAtRest(target)
  }
  let steady: OpenLoop | undefined
  if (phases.has('steady')) {
    const rate = options.rate ?? (full ? full.load.points / full.wallSeconds / 2 : 0)
    // The same jobs go on logging: their number of frames grows, and one verification covers both phases.
    const longer = { ...jobs, frames: jobs.frames + framesFor(options.shape, rate * options.halfSeconds) }
    steady = await runOpenLoop(bench, longer, jobs.frames, rate)
    jobs = longer
  }
  if (jobs.frames > 0) sent.push(jobs)
  let curve: Latency | undefined
  if (phases.has('curves')) {
    progress.step('curves')
    await runPhase(bench, datasets.curves)
    sent.push(datasets.curves)
    await untilAtRest(target)
    curve = await measureCurves(questions, makeDataset(datasets.curves), curveRequests)
  }
  const peakResidentBytes = target.peakResidentBytes()
  const measured = { full, mergeCpuSeconds, steady, curve, peakResidentBytes }
  return { measured, sent, probes: steady?.probes.probes ?? 0 }
}

async function runOpenLoop(bench: Bench, dataset: DatasetSpec, fromFrame: number, rate: number): Promise<OpenLoop> {
  const { options, target, questions, progress } = bench
  progress.step(`open loop: ${Math.round(rate)} points/s for ${options.halfSeconds} s, with probes`)
  const stop = new AbortController()
  const [phase, probes] = await Promise.all([
    runPhase(bench, dataset, fromFrame, [
      constantRate(rate / makeDataset(dataset).pointsPerFrame, options.halfSeconds),
    ]).finally(() => stop.abort()),
    probeVisibility(target.framesUrl, options.apiKey, `${dataset.project}-probes`, questions, stop.signal),
  ])
  return { ...phase, pointsPerSecondWanted: rate, probes }
}

/** Only once the system has stopped: its store belongs to one process at a time. */
async function inspect(
  place: FreshPlace,
  datasets: readonly DatasetSpec[],
  probes: number,
  options: IngestOptions,
  progress: Progress,
): Promise<Inspected> {
  const dataDirectory = storeDirectory(place, options.log)
  const store = directoryBytes(join(dataDirectory, 'store'))
  const bytesOnDisk = { store, log: directoryBytes(place.data) - store }
  progress.step('verifying every stored point')
  const sent = datasets.reduce((sum, spec) => sum + makeDataset(spec).points, probes)
  const totalPoints = place.fresh ? sent : undefined
  const verifyJob = { dataDirectory, datasets, totalPoints }
  const verification = await askChild<VerifyJob, VerifyAnswer>('verify-child.js', verifyJob)
  progress.step('raw inserts')
  const rawJob = { dataDirectory, shape: options.shape, seed: options.seed, blocks: options.rawBlocks }
  const raw = await askChild<RawJob, RawAnswer>('raw-child.js', rawJob)
  return { verification, raw: raw.results, bytesOnDisk }
}

type FreshPlace = Place & { readonly fresh: boolean }

/** A temporary directory that goes away with this process, unless the user names one or wants to keep it. */
function prepareDirectory(options: IngestOptions): FreshPlace {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-bench-'))
  if (options.keep) onExit(() => process.stderr.write(`kept: ${directory}\n`))
  else onExit(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
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

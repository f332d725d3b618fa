/** The phases on the running system, in their order. */
import { measureCurves } from './curve-latency.ts'
import { type DatasetSpec, framesFor, makeDataset } from './dataset.ts'
import type { Latency } from './latency.ts'
import { shapes } from './metrics.ts'
import type { IngestOptions } from './options.ts'
import { type Bench, type OpenLoop, type Phase, runOpenLoop, runPhase, untilAtRest } from './phases.ts'
import { constantRate, framesOf, type Schedule, scaled } from './schedule.ts'
import type { Usage } from './usage.ts'

/** Undefined: a phase that was not asked for. */
export type Measured = {
  readonly ramp: OpenLoop | undefined
  readonly full: Phase | undefined
  /** CPU between the end of the full phase and the end of its merges. */
  readonly mergeCpuSeconds: Usage | undefined
  readonly steady: OpenLoop | undefined
  readonly burst: OpenLoop | undefined
  readonly curve: Latency | undefined
  readonly peakResidentBytes: Usage | undefined
}

/** With everything that was sent. */
export type Sent = { readonly measured: Measured; readonly datasets: readonly DatasetSpec[]; readonly probes: number }

const curveRequests = 200
const curvePoints = 500
const curveRuns = 20
/** Where no rate is given: well below what any machine takes, for all that is to be compiled and opened. */
const rampRates = { dense: 1e6, sparse: 5e5 } as const

export async function measure(bench: Bench): Promise<Sent> {
  const { options, target, progress } = bench
  const { phases, shape } = options
  // Jobs that go on logging from phase to phase: their number of frames grows, and one verification covers all phases.
  let jobs: DatasetSpec = { ...jobsOf(options), frames: 0 }
  const more = (frames: number) => {
    const fromFrame = jobs.frames
    jobs = { ...jobs, frames: fromFrame + frames }
    return { dataset: jobs, fromFrame }
  }
  async function openLoop(name: 'ramp' | 'steady' | 'burst', schedule: Schedule, words: string) {
    if (!phases.has(name)) return undefined
    progress.step(`${name}: ${words}, with probes`)
    const { pointsPerFrame } = makeDataset({ ...jobs, runs: 1 })
    return runOpenLoop(bench, name, more(framesOf(scaled(schedule, 1 / pointsPerFrame))), schedule)
  }

  const top = options.rate ?? rampRates[shape]
  const rising = [{ seconds: options.halfSeconds / 3, fromRate: 0, toRate: top }]
  const ramp = await openLoop('ramp', rising, `up to ${top} points/s`)
  let full: Phase | undefined
  let mergeCpuSeconds: Usage | undefined
  if (phases.has('full')) {
    progress.step(`full rate: ${options.points} points, ${shape}`)
    full = await runPhase(bench, 'full', more(framesFor(shape, options.points)))
    progress.step(`${Math.round(full.load.points / full.wallSeconds)} points/s acknowledged and queryable`)
    mergeCpuSeconds = await untilAtRest(target)
  }
  const rate = options.rate ?? (full ? full.load.points / full.wallSeconds / 2 : 0)
  const inWords = `${Math.round(rate)} points/s`
  const steadySchedule = [constantRate(rate, options.halfSeconds)]
  const steady = await openLoop('steady', steadySchedule, `${inWords} for ${options.halfSeconds} s`)
  const burst = await openLoop('burst', burstSchedule(rate, options.halfSeconds), `twice ${inWords}, then that again`)
  const curve = phases.has('curves') ? await curves(bench, jobs) : undefined
  const peakResidentBytes = target.peakResidentBytes()
  const datasets = jobs.frames > 0 ? [jobs] : []
  if (curve !== undefined) datasets.push(curve.dataset)
  const probes = [ramp, steady, burst].reduce((sum, phase) => sum + (phase?.probes.probes ?? 0), 0)
  const measured = { ramp, full, mergeCpuSeconds, steady, burst, curve: curve?.latency, peakResidentBytes }
  return { measured, datasets, probes }
}

/** At the rate, at twice the rate, and at the rate again while what has piled up is worked off. */
function burstSchedule(rate: number, seconds: number): Schedule {
  return [constantRate(rate, seconds * 0.2), constantRate(2 * rate, seconds * 0.3), constantRate(rate, seconds * 0.5)]
}

async function curves(bench: Bench, { seed, project }: DatasetSpec) {
  bench.progress.step('curves')
  const frames = (curveRuns * curvePoints) / shapes.dense.stepsPerFrame
  const dataset: DatasetSpec = { shape: 'dense', seed, project: `${project}-curves`, runs: curveRuns, frames }
  await runPhase(bench, 'curves', { dataset, fromFrame: 0 })
  await untilAtRest(bench.target)
  return { dataset, latency: await measureCurves(bench.questions, makeDataset(dataset), curveRequests) }
}

/** A project whose name no earlier benchmark on the same data used; values depend on the seed alone. */
function jobsOf({ shape, seed, runs }: IngestOptions): Omit<DatasetSpec, 'frames'> {
  return { shape, seed, project: `bench-${shape}-${Date.now().toString(36)}`, runs }
}

import { readExtents, seriesId } from '../series-reads.ts'
import { lookingThrough, type Reading } from './budget.ts'
import { createClock } from './clock.ts'
import type { DrawnSeries } from './draw.ts'
import { createDrawer, type Drawer } from './drawer.ts'
import { type PageReading, readMany, usualSizes } from './pages.ts'
import { type Job, jobsOf, keysOf, readsOnlyItsPage, stepsToRead, type Unit, unitsOf } from './plan.ts'
import { needsTimes, type PipelineQuestion, type Range, type Target } from './question.ts'
import { readStretches, timeBoundsSteps } from './stretches.ts'

/** Series by run, then by target: all that were asked for, those without points empty. */
export type PipelineAnswer = ReadonlyMap<string, ReadonlyMap<Target, DrawnSeries>>

/** Long series that are drawn at once: while one is computed the points of the other are read. */
const lanes = 2

/**
 * Curves at full resolution. Questions to the store: one where all series are short together; otherwise how long they are, then one for each
 * 131,072 points; and one for when the runs began, where that is needed.
 * @throws TOO_COSTLY before points are read; the signal's reason when it is aborted; a StoreTrouble of time when all of it takes too long
 */
export async function loadPipeline(
  { reader, readOptions, budget }: Reading,
  question: PipelineQuestion,
  sizes = usualSizes,
): Promise<PipelineAnswer> {
  const clock = createClock(readOptions)
  try {
    return await load(question, { reader, budget, options: clock.options, times: needsTimes(question), sizes })
  } finally {
    clock.stop()
  }
}

async function load(question: PipelineQuestion, reading: PageReading): Promise<PipelineAnswer> {
  const units = unitsOf(question)
  if (units.length === 0) return new Map()
  const drawer = await createDrawer(question, reading, units)
  const steps = stepsToRead(question.drawing)
  const tried = steps.from > steps.to ? new Map() : await tryWhole(reading, units, steps)
  if (tried) await drawer.inMemory(units, tried)
  else await runJobs(await planJobs(question, reading, units, steps, drawer), drawer, reading)
  return await drawer.all()
}

/** All points, if they are few enough; otherwise undefined. */
async function tryWhole({ reader, options, times, sizes }: PageReading, units: readonly Unit[], steps: Range) {
  const set = { ...keysOf(units), crossed: true, fromStep: steps.from, toStep: steps.to, times }
  const { points, complete } = await readMany(reader, set, sizes.pointsTried + 1, options())
  return complete ? points : undefined
}

async function planJobs(
  question: PipelineQuestion,
  reading: PageReading,
  units: readonly Unit[],
  steps: Range,
  { originOf }: Drawer,
): Promise<Job[]> {
  const { drawing } = question
  if (readsOnlyItsPage(question)) {
    return units.map((unit) => ({ kind: 'paged', unit, steps, enough: drawing.pagePoints + 2 }))
  }
  const { reader, budget, options, sizes } = reading
  const keys = keysOf(units)
  const extentsOf = (fromStep: number, toStep: number) =>
    lookingThrough(options(), (bounded) => readExtents(reader, { ...keys, fromStep, toStep }, bounded))
  if (!timeBoundsSteps(question)) {
    return jobsOf(units, await extentsOf(steps.from, steps.to), () => steps, sizes.pagePoints, budget)
  }
  const stretches = await readStretches(reading, drawing, keys, steps, originOf)
  if (stretches.size === 0) return []
  const fromStep = Math.min(...[...stretches.values()].map(({ from }) => from))
  const toStep = Math.max(...[...stretches.values()].map(({ to }) => to))
  const extents = await extentsOf(fromStep, toStep)
  const rangeOf = ({ key, inputs }: Unit) => stretches.get(seriesId(key, inputs[0]!))
  return jobsOf(units, extents, rangeOf, sizes.pagePoints, budget)
}

async function runJobs(jobs: readonly Job[], drawer: Drawer, reading: PageReading): Promise<void> {
  const queue = [...jobs]
  const lane = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) {
      if (job.kind === 'paged') await drawer.paged(job.unit, job.steps, job.enough)
      else await drawer.inMemory(job.units, await readTogether(job.units, job.steps, reading))
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

async function readTogether(units: readonly Unit[], steps: Range, { reader, options, times }: PageReading) {
  const pairs = new Map<string, { run: bigint; metric: bigint }>()
  for (const { key: run, inputs } of units) {
    for (const metric of inputs) pairs.set(seriesId(run, metric), { run, metric })
  }
  const series = [...pairs.values()]
  const keys = { runs: series.map(({ run }) => run), metrics: series.map(({ metric }) => metric) }
  const set = { ...keys, fromStep: steps.from, toStep: steps.to, times }
  const { points } = await readMany(reader, set, undefined, options())
  return points
}

import { setImmediate } from 'node:timers/promises'
import { seriesId } from '../series-reads.ts'
import type { Page } from './columns.ts'
import { type DrawnSeries, drawSeries } from './draw.ts'
import { readOrigins } from './origins.ts'
import { onePage, type PageReading, readPages } from './pages.ts'
import { keysOf, type Unit } from './plan.ts'
import { needsOrigin, type PipelineQuestion, type Range, type Target } from './question.ts'
import type { Stream } from './settle.ts'

/** Longest time without a turn for other work of this thread, ms; one page may take half as long again. */
const turnMs = 15

/** Draws the series of a question and keeps them. */
export async function createDrawer(question: PipelineQuestion, reading: PageReading, units: readonly Unit[]) {
  const { drawing } = question
  const { times, reader, options } = reading
  const origins = needsOrigin(drawing) ? await readOrigins(reader, keysOf(units).runs, options()) : undefined
  const originOf = (run: bigint) => origins?.get(run) ?? Number.NaN
  const series = new Map<Unit, DrawnSeries>()

  function draw({ target, key }: Unit, inputs: readonly Stream<Page>[]): Promise<DrawnSeries> {
    return drawSeries({ target, drawing, origin: originOf(key), inputs, times })
  }

  return {
    originOf,
    /** Series whose points are at hand, by `seriesId`. */
    async inMemory(some: readonly Unit[], points: ReadonlyMap<string, Page>): Promise<void> {
      let began = performance.now()
      for (const unit of some) {
        const inputs = unit.inputs.map((metric) => onePage(points.get(seriesId(unit.key, metric))))
        series.set(unit, await draw(unit, inputs))
        if (performance.now() - began < turnMs) continue
        await setImmediate()
        options()
        began = performance.now()
      }
    },
    async paged(unit: Unit, steps: Range, enough: number | undefined): Promise<void> {
      const inputs = unit.inputs.map((metric) => readPages(reading, { run: unit.key, metric }, steps, enough))
      series.set(unit, await draw(unit, inputs))
    },
    /** Series by run, then by target; those that were not drawn have no points. */
    async all(): Promise<ReadonlyMap<string, ReadonlyMap<Target, DrawnSeries>>> {
      const byRun = new Map<string, Map<Target, DrawnSeries>>()
      for (const unit of units) {
        const drawn = series.get(unit) ?? (await draw(unit, [onePage(undefined)]))
        const ofRun = byRun.get(unit.run) ?? new Map<Target, DrawnSeries>()
        byRun.set(unit.run, ofRun.set(unit.target, drawn))
      }
      return byRun
    },
  }
}

export type Drawer = Awaited<ReturnType<typeof createDrawer>>

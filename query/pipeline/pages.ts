import type { Columns, ReadOptions, StoreReader } from '../../schema/store.ts'
import { bySeries } from '../series-reads.ts'
import { pointsOfOne } from '../sql/one-series.ts'
import { pointsPage } from '../sql/points-page.ts'
import { ask, integers, numbers, values } from '../sql/read.ts'
import { type SeriesSet, seriesPoints } from '../sql/series-points.ts'
import type { Budget } from './budget.ts'
import { cut, type Page } from './columns.ts'
import type { Range } from './question.ts'
import type { Stream } from './settle.ts'

/** How much is read at once. */
export type ReadSizes = {
  /** Points of one page. */
  readonly pagePoints: number
  /** Points up to which a request is first tried in one go. */
  readonly pointsTried: number
}

/**
 * A page is 4 MB as the store sends it and 10 ms to read; what waits beside a question waits no longer than a page takes. What was tried in vain took
 * 8 ms.
 */
export const usualSizes: ReadSizes = { pagePoints: 131_072, pointsTried: 65_536 }

export type PageReading = {
  readonly reader: StoreReader
  readonly budget: Budget
  /** Asked anew for each statement: what is left of the question's time. @throws when nothing is left */
  readonly options: () => ReadOptions
  readonly times: boolean
  readonly sizes: ReadSizes
}

/**
 * All points of a series between two steps, page by page; while one is worked on the next is read, unless `enough` says how many points are
 * likely to do.
 */
export async function* readPages(
  { reader, options, times, sizes }: PageReading,
  { run, metric }: { readonly run: bigint; readonly metric: bigint },
  steps: Range,
  enough?: number,
): AsyncGenerator<Page> {
  const rows = Math.min(enough ?? sizes.pagePoints, sizes.pagePoints)
  const read = (after: { step: number; ord: bigint } | undefined) => {
    const place = { run, metric, fromStep: steps.from, toStep: steps.to, after }
    const answer = ask(reader, pointsPage({ ...place, times, rows }), options())
    // Its failure is met when it is waited for, or nobody wants it any more.
    answer.catch(() => {})
    return answer
  }
  let reading = read(undefined)
  for (;;) {
    const answer = await reading
    const page = pageOf(answer, times)
    const last = answer.rows - 1
    const more = answer.rows >= rows
    const readNext = () => {
      reading = read({ step: page.steps[last]!, ord: integers(answer, 'ord')[last]! })
    }
    if (more && enough === undefined) readNext()
    if (answer.rows > 0) yield page
    if (!more) return
    if (enough !== undefined) readNext()
  }
}

function pageOf(answer: Columns, times: boolean): Page {
  return {
    steps: numbers(answer, 'steps'),
    values: values(answer, 'codes'),
    times: times ? numbers(answer, 'times') : undefined,
  }
}

/** Points of many short series by `seriesId`, and whether these are all or reading stopped at `rows`. */
export async function readMany(
  reader: StoreReader,
  set: SeriesSet,
  rows: number | undefined,
  options: ReadOptions,
): Promise<{ points: Map<string, Page>; complete: boolean }> {
  const { runs, metrics, times = false } = set
  const one = runs.length === 1 && metrics.length === 1 ? { run: runs[0]!, metric: metrics[0]! } : undefined
  const steps = [{ first: set.fromStep, last: set.toStep }]
  const statement = one ? pointsOfOne(one, steps, { rows, times }) : seriesPoints(set, rows)
  const answer = await ask(reader, statement, options)
  const page = pageOf(answer, times)
  const points = bySeries(answer, (from, to) => cut(page, from, to), one)
  return { points, complete: rows === undefined || answer.rows < rows }
}

/** One page, or none, as a stream. */
export async function* onePage(page: Page | undefined): Stream<Page> & AsyncGenerator<Page> {
  if (page) yield page
}

import type { Columns, ReadOptions, StoreReader } from '../../schema/store.ts'
import { type PointsQuestion, pointsOfMany, pointsPage } from '../sql/points-pages.ts'
import { ask, integers, numbers } from '../sql/read.ts'
import type { Page } from './columns.ts'
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
    values: numbers(answer, 'values'),
    times: times ? numbers(answer, 'times') : undefined,
  }
}

/** Key of a series among those of a question. */
export const seriesKey = (run: bigint, metric: bigint): string => `${run}/${metric}`

/** Points of many short series by `seriesKey`, and whether these are all or reading stopped at `rows`. */
export async function readMany(
  reader: StoreReader,
  question: PointsQuestion,
  options: ReadOptions,
): Promise<{ points: Map<string, Page>; complete: boolean }> {
  const answer = await ask(reader, pointsOfMany(question), options)
  const page = pageOf(answer, question.times)
  const [runs, metrics] = [integers(answer, 'run'), integers(answer, 'metric')]
  // As 32-bit halves, because reading a 64-bit element makes a big integer each time.
  const [runHalves, metricHalves] = [halves(runs), halves(metrics)]
  const points = new Map<string, Page>()
  let from = 0
  for (let row = 1; row <= answer.rows; row++) {
    if (row < answer.rows && same(metricHalves, row, from) && same(runHalves, row, from)) continue
    const [steps, values] = [page.steps.subarray(from, row), page.values.subarray(from, row)]
    points.set(seriesKey(runs[from]!, metrics[from]!), { steps, values, times: page.times?.subarray(from, row) })
    from = row
  }
  return { points, complete: question.rows === undefined || answer.rows < question.rows }
}

const halves = (column: BigUint64Array | BigInt64Array) =>
  new Uint32Array(column.buffer, column.byteOffset, column.length * 2)
const same = (column: Uint32Array, a: number, b: number) =>
  column[2 * a] === column[2 * b] && column[2 * a + 1] === column[2 * b + 1]

/** One page, or none, as a stream. */
export async function* onePage(page: Page | undefined): Stream<Page> & AsyncGenerator<Page> {
  if (page) yield page
}

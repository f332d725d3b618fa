import type { ReadOptions, StoreReader } from '../schema/store.ts'
import { type Extent, type GroupTable, readBands, readExtent } from './group-reads.ts'
import { bucketWidthOf } from './reduce/grid.ts'
import type { GroupBandsQuestion } from './sql/group-bands.ts'

/** A question about groups that are already chosen. */
export type GroupsQuestion = Omit<GroupBandsQuestion, 'rows' | 'width' | 'most'> & { readonly buckets: number }

/** `exact` is false when runs logged on so fast that the last reading was out of date as well. */
export type GroupCurves = {
  readonly width: number
  readonly exact: boolean
  readonly tables: readonly GroupTable[]
}

/** Each further reading has a reason that the one before showed; runs that log meanwhile cannot bring more than these. */
const readings = 5

/**
 * The groups' figures. `extent` is what the summaries say of the range's first and last step; they follow the points within seconds, so it is
 * read from the points where the answer shows that it may be out of date. Rows are read as they were logged until one of the runs
 * turns out to have logged a step twice.
 */
export async function loadGroups(
  reader: StoreReader,
  question: GroupsQuestion,
  extent: Extent | undefined,
  options: ReadOptions,
): Promise<GroupCurves> {
  let known = extent
  let settled = false
  for (let reading = 1; ; reading++) {
    known ??= await readExtent(reader, { ...question, width: 1, rows: 'asLogged', most: 1 }, options)
    if (!known) return { width: 1, exact: true, tables: question.ids.map(() => emptyTable) }
    const width = bucketWidthOf(known.firstStep, known.lastStep, question.buckets)
    // A group has a row of its own and, where its extent is out of date, more buckets than were asked for.
    const most = question.ids.length * (2 * question.buckets + 1)
    const bands = await readBands(reader, { ...question, width, most, rows: settled ? 'settled' : 'asLogged' }, options)
    const last = reading === readings
    if (!last && bands.rows === most) {
      known = undefined
    } else if (!last && bands.extent && !fits(bands.extent, known, width, question)) {
      known = union(bands.extent, known)
    } else if (!last && bands.unsettled > 0) {
      settled = true
    } else {
      return { width, exact: bands.rows < most && bands.unsettled === 0, tables: bands.tables }
    }
  }
}

/** Whether the width is right for what was found, too. */
function fits(found: Extent, known: Extent, width: number, { buckets }: GroupsQuestion): boolean {
  const { firstStep, lastStep } = union(found, known)
  return bucketWidthOf(firstStep, lastStep, buckets) === width
}

const union = (a: Extent, b: Extent): Extent => ({
  firstStep: Math.min(a.firstStep, b.firstStep),
  lastStep: Math.max(a.lastStep, b.lastStep),
})

const none = new Float64Array(0)
const emptyTable: GroupTable = {
  ...{ count: 0, runs: 0, points: 0, superseded: 0 },
  ...{ steps: none, counts: none, nonFinite: none, mean: none, deviation: none, min: none, max: none, quantiles: [] },
}

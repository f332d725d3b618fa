import type { Columns, ReadOptions, StoreReader } from '../schema/store.ts'
import { type GroupBandsQuestion, groupBands, groupExtent } from './sql/group-bands.ts'
import { ask, numbers } from './sql/read.ts'

/** A group's figures over its runs, a row per bucket, by step; figures of a bucket without finite values are NaN. */
export type GroupTable = {
  readonly count: number
  /** Of the group: runs with points in the range, their points, and how many of them another one of the step supersedes. */
  readonly runs: number
  readonly points: number
  readonly superseded: number
  readonly steps: Float64Array
  readonly counts: Float64Array
  readonly nonFinite: Float64Array
  readonly mean: Float64Array
  readonly deviation: Float64Array
  readonly min: Float64Array
  readonly max: Float64Array
  /** In the order of the question's quantiles. */
  readonly quantiles: readonly Float64Array[]
}

export type Extent = { readonly firstStep: number; readonly lastStep: number }

export type Bands = {
  readonly rows: number
  /** By place of the group in the question. */
  readonly tables: readonly GroupTable[]
  /** Runs of which a step was logged more than once, where that was not settled. */
  readonly unsettled: number
  /** First and last step of all of them; undefined when there is none. */
  readonly extent: Extent | undefined
}

export async function readBands(
  reader: StoreReader,
  question: GroupBandsQuestion,
  options: ReadOptions,
): Promise<Bands> {
  const answer = await ask(reader, groupBands(question), options)
  const [places, steps] = [wide(answer, 'place'), numbers(answer, 'bucket')]
  // The row of a group as a whole lies where no step is.
  const isGroup = (row: number) => steps[row]! < -(2 ** 60)
  const unsettledRuns = numbers(answer, 'unsettledRuns')
  const [firstSteps, lastSteps] = [numbers(answer, 'firstStep'), numbers(answer, 'lastStep')]
  const rowsOf = question.ids.map(() => ({ group: -1, buckets: [] as number[] }))
  let unsettled = 0
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (let row = 0; row < answer.rows; row++) {
    const rows = rowsOf[places[row]! - 1]!
    if (isGroup(row)) {
      rows.group = row
      unsettled += unsettledRuns[row]!
      first = Math.min(first, firstSteps[row]!)
      last = Math.max(last, lastSteps[row]!)
    } else {
      rows.buckets.push(row)
    }
  }
  const tables = rowsOf.map(({ group, buckets }) => tableOf(answer, question.quantiles.length, group, buckets))
  const extent = first <= last ? { firstStep: first, lastStep: last } : undefined
  return { rows: answer.rows, tables, unsettled, extent }
}

function tableOf(answer: Columns, quantiles: number, group: number, rows: number[]): GroupTable {
  const steps = numbers(answer, 'bucket')
  rows.sort((a, b) => steps[a]! - steps[b]!)
  const column = (name: string) => {
    const whole = numbers(answer, name)
    return Float64Array.from(rows, (row) => whole[row]!)
  }
  const figure = (name: string) => {
    const whole = column(name)
    // The engine's figure of no values is 0 or NaN.
    return counts.length === whole.length ? whole.map((value, i) => (counts[i] === 0 ? Number.NaN : value)) : whole
  }
  const ofGroup = (name: string) => (group < 0 ? 0 : numbers(answer, name)[group]!)
  const counts = column('counts')
  return {
    count: rows.length,
    runs: ofGroup('counts'),
    points: ofGroup('pointsOfRuns'),
    superseded: ofGroup('supersededOfRuns'),
    steps: column('bucket'),
    counts,
    nonFinite: column('nonFinite'),
    mean: figure('mean'),
    deviation: figure('deviation'),
    min: figure('low'),
    max: figure('high'),
    quantiles: Array.from({ length: quantiles }, (_, i) => figure(`q${i}`)),
  }
}

/** The groups' extent, from the points themselves; undefined when there are none. */
export async function readExtent(
  reader: StoreReader,
  question: GroupBandsQuestion,
  options: ReadOptions,
): Promise<Extent | undefined> {
  const answer = await ask(reader, groupExtent(question), options)
  if ((numbers(answer, 'runs')[0] ?? 0) === 0) return undefined
  return { firstStep: numbers(answer, 'firstStep')[0]!, lastStep: numbers(answer, 'lastStep')[0]! }
}

function wide(answer: Columns, name: string): Uint32Array {
  const column = answer.columns.get(name)
  if (column instanceof Uint32Array) return column
  if (answer.rows === 0) return new Uint32Array(0)
  throw new TypeError(`the store's answer has no UInt32 column ${name}`)
}

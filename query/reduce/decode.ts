import type { Columns } from '../../schema/store.ts'
import { integers, numbers } from '../sql/read.ts'
import type { BucketTable } from './buckets.ts'

/** The columns of `sql/series-buckets.ts` as buckets, all series one after the other. */
export function bucketTable(answer: Columns): BucketTable {
  const column = (name: string) => numbers(answer, name)
  const counts = column('counts')
  const [nan, positiveInfinity, negativeInfinity] = [column('nans'), column('positive'), column('negative')]
  const withoutFinite: number[] = []
  for (let row = 0; row < counts.length; row++)
    if (nan[row]! + positiveInfinity[row]! + negativeInfinity[row]! === counts[row]) withoutFinite.push(row)
  const finite = (values: Float64Array) => {
    for (const row of withoutFinite) values[row] = Number.NaN
    return values
  }
  return {
    count: answer.rows,
    steps: column('bucket'),
    counts,
    superseded: column('superseded'),
    first: finite(column('first')),
    firstSteps: column('firstSteps'),
    min: finite(unpackedValues(answer, 'lowStep', 'lowValue')),
    minSteps: column('lowStep'),
    max: finite(unpackedValues(answer, 'highStep', 'highValue')),
    maxSteps: negated(column('highStep')),
    last: finite(column('last')),
    lastSteps: column('lastSteps'),
    nan,
    nanSteps: column('nanSteps'),
    positiveInfinity,
    positiveInfinitySteps: column('positiveSteps'),
    negativeInfinity,
    negativeInfinitySteps: column('negativeSteps'),
  }
}

function negated(column: Float64Array): Float64Array {
  for (let i = 0; i < column.length; i++) column[i] = 0 - column[i]!
  return column
}

/**
 * Values out of 128-bit numbers whose upper half is the value's ordered bits and whose lower half a step was added to: where the lower half is
 * negative, one was borrowed from the upper. Ordered bits are the value's own, with all but the sign flipped if it is negative.
 */
function unpackedValues(answer: Columns, lowerHalf: string, upperHalf: string): Float64Array {
  const [lower, upper] = [words(integers(answer, lowerHalf)), words(integers(answer, upperHalf))]
  const values = new Float64Array(answer.rows)
  const bits = words(values)
  for (let i = 0; i < bits.length; i += 2) {
    const borrowed = lower[i + 1]! < 0
    const low = borrowed ? (upper[i]! + 1) | 0 : upper[i]!
    const high = borrowed && low === 0 ? (upper[i + 1]! + 1) | 0 : upper[i + 1]!
    bits[i] = high < 0 ? ~low : low
    bits[i + 1] = high < 0 ? high ^ 0x7fffffff : high
  }
  return values
}

const words = (column: BigInt64Array | BigUint64Array | Float64Array) =>
  new Int32Array(column.buffer, column.byteOffset, column.length * 2)

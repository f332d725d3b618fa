import { limits } from '../../schema/limits.ts'
import { failure } from '../failures.ts'
import type { Repeated } from '../reduce/repeated.ts'

/** Arguments as the SDL types them; a field that may be left out may also be null. */
export type Maybe<T> = T | null | undefined

export type RangeInput = {
  readonly fromStep?: Maybe<number>
  readonly toStep?: Maybe<number>
  readonly buckets?: Maybe<number>
  readonly repeated?: Maybe<Repeated>
}

/** The range of a curve with its defaults. */
export function rangeOf(input: RangeInput) {
  const fromStep = input.fromStep ?? -limits.stepMagnitude
  const toStep = input.toStep ?? limits.stepMagnitude
  if (fromStep > toStep) throw failure('BAD_INPUT', `fromStep is ${fromStep}, after toStep, which is ${toStep}`)
  return { fromStep, toStep, buckets: bucketsIn(input), repeated: input.repeated ?? 'LAST' } as const
}

const defaultBuckets = 1000

/** How many buckets are asked for. */
export function bucketsIn(input: Pick<RangeInput, 'buckets'>): number {
  const buckets = input.buckets ?? defaultBuckets
  if (buckets >= 2 && buckets <= limits.bucketsPerSeries) return buckets
  throw failure('BAD_INPUT', `buckets is ${buckets}; it must be from 2 to ${limits.bucketsPerSeries}`)
}

/** How many rows of a list are asked for. */
export function rowsIn(first: Maybe<number>, usual: number): number {
  const rows = first ?? usual
  if (rows >= 1 && rows <= limits.pageRows) return rows
  throw failure('BAD_INPUT', `first is ${rows}; it must be from 1 to ${limits.pageRows}`)
}

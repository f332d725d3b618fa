/**
 * What a viewer of `Subscription.series` does with its events: the reference for clients, and itself usable in one. Any columns
 * that are asked for by their plain names are kept; the packed ones want unpacking first.
 */

/** A patch as it comes, whichever of its fields were asked for. `run`, `metric`, `reset`, `fromStep` and `steps` are needed. */
export type SeriesPatch = {
  readonly run: string
  readonly metric: string
  /** The columns are the whole curve: what is there is dropped. */
  readonly reset: boolean
  /** First step that the columns cover anew; null with `reset`. */
  readonly fromStep: number | null
  readonly steps: readonly number[]
  readonly values?: readonly (number | string | null)[]
  readonly buckets?: BucketColumns
  readonly receipt?: unknown
}

/** Columns of one length, `steps` among them; `count` is that length. */
export type BucketColumns = { readonly count?: number; readonly steps: readonly number[] } & Readonly<
  Record<string, number | readonly (number | string | null)[]>
>

/** A curve as a viewer has it: what `Query.series` answers for the same fields. */
export type LiveCurve = Omit<SeriesPatch, 'reset' | 'fromStep'>

/** By `curveKey`. */
export type LiveCurves = Map<string, LiveCurve>

export const curveKey = ({ run, metric }: { readonly run: string; readonly metric: string }): string =>
  JSON.stringify([run, metric])

/** Brings the curves up to an event. @throws Error when a patch is of a curve that is not there: a first event is missing */
export function applySeriesEvent(curves: LiveCurves, event: { readonly series: readonly SeriesPatch[] }): void {
  for (const patch of event.series) {
    const key = curveKey(patch)
    curves.set(key, patched(curves.get(key), patch))
  }
}

function patched(curve: LiveCurve | undefined, { reset, fromStep, ...patch }: SeriesPatch): LiveCurve {
  if (reset || fromStep === null) return patch
  if (!curve) throw new Error(`a patch of ${curveKey(patch)}, which is not there`)
  const kept = countBefore(curve.steps, fromStep)
  return {
    ...patch,
    steps: joined(curve.steps, kept, patch.steps),
    ...(patch.values ? { values: joined(curve.values ?? [], kept, patch.values) } : {}),
    ...(patch.buckets && curve.buckets ? { buckets: joinedBuckets(curve.buckets, patch.buckets, fromStep) } : {}),
  }
}

/** Buckets begin at multiples of their width, and so does a patch: none is cut. */
function joinedBuckets(before: BucketColumns, after: BucketColumns, fromStep: number): BucketColumns {
  const kept = countBefore(before.steps, fromStep)
  const columns = Object.entries(after).map(([name, column]) => {
    if (!Array.isArray(column)) return [name, kept + after.steps.length] as const
    return [name, joined(before[name] as readonly number[], kept, column)] as const
  })
  return Object.fromEntries(columns) as BucketColumns
}

const joined = <T>(before: readonly T[], kept: number, after: readonly T[]): T[] => before.slice(0, kept).concat(after)

/** How many of the ascending `steps` are below `step`; looked for from the end. */
export function countBefore(steps: ArrayLike<number>, step: number): number {
  let kept = steps.length
  while (kept > 0 && steps[kept - 1]! >= step) kept--
  return kept
}

import { limits } from '../../schema/limits.ts'
import { countBefore } from '../../schema/live-patches.ts'
import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { groupBy } from '../group-by.ts'
import { cutTable } from '../reduce/buckets.ts'
import { bucketStart } from '../reduce/grid.ts'
import { bucketsAnswer, receiptOf } from '../resolvers/series-load.ts'
import { changedSince } from './changes.ts'
import { fingerprint, formatPosition, ordUpTo, type Position, parsePosition, tokenOf } from './position.ts'
import { readFirstSteps } from './reads.ts'
import { curveOf, cutPoints } from './series-state.ts'
import type { From, Moment, Topic } from './topic.ts'
import type { SeriesWatch, Watched, WatchedSeries } from './watched.ts'

export type SeriesTopicParts = {
  readonly reader: StoreReader
  readonly readOptions: ReadOptions
  readonly series: WatchedSeries
  moment(): Moment
  watermarkTimeMs(): number
}

/** A viewer of whom nothing is known. */
const nothing: From = { cut: undefined, version: 0 }

/** What a viewer with an id has to be told of each series: from which step on, or all. Known up to `cut`; later changes come on top. */
type CaughtUp = ReadonlyMap<Watched, number | 'all' | undefined>

/** @throws TOO_MANY_WATCHED */
export function createSeriesTopic(watch: SeriesWatch, parts: SeriesTopicParts): Topic {
  const question = fingerprint(['series', watch])
  let version = 0
  let touched = false
  const user = {
    touch() {
      touched = true
    },
  }
  const watched = parts.series.acquire(watch, parts.moment().cut.length, user)

  const isReady = () => {
    const { cut } = parts.moment()
    return watched.every((one) => one.state && !one.loading && !one.overlap && one.cut === cut[one.partition])
  }

  const grids = () => fingerprint(watched.map(({ state }) => [state!.width, state!.whole !== undefined]))

  function changeOf(one: Watched, { cut, caughtUp }: From): number | 'all' | undefined {
    if (!cut) return 'all'
    const { changes } = one.state!
    const offset = cut[one.partition] ?? -1
    const change = offset < changes.since ? 'all' : changedSince(changes, offset)
    const before = (caughtUp as CaughtUp | undefined)?.get(one)
    if (change === 'all' || before === 'all') return 'all'
    if (change === undefined || before === undefined) return change ?? before
    return Math.min(change, before)
  }

  function event(from: From, missed: number) {
    const { log, cut } = parts.moment()
    const id = formatPosition({ log, stored: cut, flushed: [], question, grids: grids() })
    const currency = { watermark: tokenOf(log, cut), watermarkTime: parts.watermarkTimeMs() }
    const series = watched.flatMap((one) => {
      const change = changeOf(one, from)
      return change === undefined ? [] : [patchOf(one, change, currency)]
    })
    return { id, cut, value: { id, ...currency, missed, series } }
  }

  async function catchUp(position: Position): Promise<From> {
    const { log, cut } = parts.moment()
    if (position.log !== log || position.stored.length !== cut.length) return nothing
    const older = watched.filter((one) => position.stored[one.partition]! < one.state!.changes.since)
    if (older.length === 0) return { cut: position.stored, version: 0 }
    // The process does not know what the viewer has of these; with other buckets than now, nothing of it can stay.
    if (position.grids !== grids()) return nothing
    const caughtUp = new Map<Watched, number | 'all' | undefined>()
    for (const [partition, some] of groupBy(older, (one) => one.partition)) {
      const stretch = {
        runs: some.map((one) => one.runKey),
        metrics: some.map((one) => one.metricKey),
        fromOrd: ordUpTo(position.stored[partition]!) + 1,
        toOrd: ordUpTo(cut[partition]!),
        fromStep: watch.fromStep,
        toStep: watch.toStep,
      }
      const steps = await readFirstSteps(parts.reader, stretch, parts.readOptions)
      for (const one of some) caughtUp.set(one, alignedTo(one, steps.get(one.id)))
    }
    // Of the others the process knows itself what came since.
    for (const one of watched)
      if (!caughtUp.has(one)) caughtUp.set(one, changeOf(one, { cut: position.stored, version: 0 }))
    return { cut, version: 0, caughtUp }
  }

  return {
    ...{ isReady, event, catchUp, user },
    positionOf: (after) => parsePosition(after, question),
    version: () => version,
    advance() {
      if (!touched || !isReady()) return false
      touched = false
      version++
      return true
    },
    end: () => parts.series.release(watched, user),
  }
}

const alignedTo = ({ state }: Watched, step: number | undefined) =>
  step === undefined ? undefined : bucketStart(step, state!.width)

/** A series from a step on, with the receipt of all of it. */
function patchOf(
  { run, metric, state }: Watched,
  change: number | 'all',
  currency: { readonly watermark: string; readonly watermarkTime: number },
) {
  const curve = curveOf(state!)
  const table = curve.buckets()
  const isAll = change === 'all' || change <= (table.steps[0] ?? -limits.stepMagnitude)
  const fromStep = isAll ? null : change
  const points = fromStep === null ? curve.points : cutPoints(curve.points, countBefore(curve.points.steps, fromStep))
  const row = fromStep === null ? 0 : countBefore(table.steps, fromStep)
  const { steps, values } = points
  return {
    ...{ run, metric, reset: isAll, fromStep, steps, values, stepsPacked: steps, valuesPacked: values },
    buckets: () => bucketsAnswer(cutTable(table, row, table.count)),
    receipt: () => ({ ...receiptOf(curve), ...currency }),
  }
}

import { type BuildOptions, buildTiles, type TileStore } from '../ingest/sink/tiles/build.ts'
import { metricKey, runKey } from '../schema/keys.ts'
import type { LateWrites } from '../schema/late-writes.ts'
import { limits } from '../schema/limits.ts'
import type { Parameters } from '../schema/store.ts'
import { epochOffsets, tiling, zoneSteps } from '../schema/tiles.ts'
import { insertPoints, type LoggedPoint, type TestStore } from './fixture.ts'

/** What a summary says of a series, as builders of tiles are told. */
type Summary = Parameters_<typeof buildTiles>[1]
type Parameters_<F> = F extends (...args: infer A) => unknown ? A : never

/** A statement of a builder that has not come to the store yet. */
export type Pending = { readonly sql: string; readonly parameters: Parameters }

/** One series of a store whose sink and builders are played: the sink's rules for late points are written here a second time. */
export type TiledSeries = {
  readonly logged: LoggedPoint[]
  /** Inserts the next block, of records up to `offset`. */
  insert(points: readonly LoggedPoint[], offset: number): Promise<void>
  /** What the summary says after the last block. */
  summary(): Summary
  /** A builder's work from a summary of now or of some time ago. */
  build(summary: Summary): Promise<void>
  /** The same, but none of what it sends has come to the store yet. */
  prepare(summary: Summary): Promise<Pending[]>
}

export function createTiledSeries(
  store: TestStore,
  project: string,
  run: string,
  metric: string,
  lateWrites?: LateWrites,
): TiledSeries {
  const logged: LoggedPoint[] = []
  const keys = { run: runKey(project, run), metric: metricKey(metric) }
  let [highest, lowest, disorder, version] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, 0]

  async function insert(points: readonly LoggedPoint[], offset: number): Promise<void> {
    const late: LoggedPoint[] = []
    for (const [i, point] of points.entries()) {
      if (point.step <= highest) disorder++
      if (point.step <= highest - tiling.lateSlack && logged.length + i + 1 >= limits.tiledSeriesPoints)
        late.push(point)
      highest = Math.max(highest, point.step)
      lowest = Math.min(lowest, point.step)
    }
    if (late.length > 0) {
      const written = lateWrites?.begin([keys])
      const [first, last] = [Math.min(...late.map(({ step }) => step)), Math.max(...late.map(({ step }) => step))]
      await store.command(
        `INSERT INTO late_points SELECT ${keys.run}, ${keys.metric}, ${Math.floor(offset / epochOffsets)}, ${Math.floor(first / zoneSteps)}, ${first}, ${last}, ${offset}`,
      )
      written?.()
    }
    await insertPoints(store, project, run, metric, points)
    logged.push(...points)
    version = offset
  }

  const options: BuildOptions = { leastPoints: 12, slicePoints: 300, pause: async () => {} }
  const to = (command: TileStore['command']): TileStore => ({ reader: store.reader, command })
  return {
    logged,
    insert,
    summary: () => ({ ...keys, count: logged.length, firstStep: lowest, lastStep: highest, disorder, version }),
    async build(summary) {
      await buildTiles(to(store.command), summary, options)
    },
    async prepare(summary) {
      const pending: Pending[] = []
      const command: TileStore['command'] = async (sql, parameters = {}) => {
        pending.push({ sql, parameters })
      }
      await buildTiles(to(command), summary, options)
      return pending
    },
  }
}

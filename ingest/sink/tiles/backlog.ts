import type { Column, StoreReader } from '../../../schema/store.ts'
import { tiling } from '../../../schema/tiles.ts'
import type { LongSeries } from './long-series.ts'

/** Which runs: those of one partition of the log. */
export type BacklogPart = { readonly partition: number; readonly partitions: number }

/** Series looked after at once: the longest. */
const seriesAtOnce = 50_000

/**
 * Long series that seem to lack tiles: stored before there were any, put straight into the store, or left so by a process that ended. Of several
 * versions of a summary the newest has the extremes, so none has to be chosen. A seal is taken to reach from the first step on.
 */
const backlog = `
SELECT run_key, metric_key, counts, firsts, lasts, disorders, versions
FROM (
  SELECT run_key, metric_key, max(count) AS counts, min(first_step) AS firsts, max(last_step) AS lasts, max(disorder) AS disorders, max(version) AS versions
  FROM series WHERE count >= {points:UInt64} AND run_key % {partitions:UInt64} = {partition:UInt64}
  GROUP BY run_key, metric_key
) AS summaries
LEFT JOIN (
  SELECT run, metric, max(last) AS sealed, max(tile_seals.version) AS seal_version, count() AS seals FROM tile_seals GROUP BY run, metric
) AS sealed ON sealed.run = run_key AND sealed.metric = metric_key
LEFT JOIN (
  SELECT run, metric, max(late_points.version) AS late_version FROM late_points GROUP BY run, metric
) AS late ON late.run = run_key AND late.metric = metric_key
WHERE seals = 0 OR late_version > seal_version
  OR toFloat64(lasts - {slack:Int64} - sealed) / (lasts - firsts + 1) * counts >= {points:UInt64}
ORDER BY counts DESC
LIMIT {limit:UInt64}`

/**
 * @param flushed log offset up to which every summary is stored: a series whose row is older has no point since, so its row goes as far. Late
 * points above it were written down by a sink that does so, whatever stored those below.
 */
export async function readBacklog(
  reader: StoreReader,
  part: BacklogPart,
  points: number,
  flushed: number,
): Promise<LongSeries[]> {
  const { rows, columns } = await reader.columns(backlog, {
    ...{ ...part, points, slack: tiling.lateSlack, limit: seriesAtOnce },
  })
  const keys = (name: string) => columns.get(name) as BigUint64Array
  const number = (name: string, row: number) => Number((columns.get(name) as Exclude<Column, readonly string[]>)[row])
  return Array.from({ length: rows }, (_, row) => ({
    run: keys('run_key')[row]!,
    metric: keys('metric_key')[row]!,
    count: number('counts', row),
    firstStep: number('firsts', row),
    lastStep: number('lasts', row),
    disorder: number('disorders', row),
    version: Math.max(number('versions', row), flushed),
  }))
}

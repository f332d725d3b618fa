import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../../telemetry/logger.ts'
import type { Metrics } from '../../../telemetry/metrics.ts'
import { type BacklogPart, readBacklog } from './backlog.ts'
import { buildTiles, type TileStore } from './build.ts'
import type { LongSeries } from './long-series.ts'

export type TileSettings = {
  /** Points of a series without tiles from which on it gets some. */
  readonly points: number
  /** A series that did not change for so long gets tiles for what is left, and those that late points met anew, ms. */
  readonly quietMs: number
  /** Share of the time in which a statement may run: the rest is the ingest's and the questions'. */
  readonly share: number
}

export const defaultTileSettings: TileSettings = { points: 32_768, quietMs: 15_000, share: 0.25 }

/** Makes tiles in the background, one series at a time, off the way of points. */
export type TileBuilder = {
  /** Points from which on a series is of interest. */
  readonly points: number
  /** Tells of series that changed. */
  grown(series: readonly LongSeries[]): void
  /** Looks once for series that were stored before. `flushed`: log offset up to which their summaries go. */
  adopt(part: BacklogPart, flushed: number): Promise<void>
  /** Resolves when nothing is to be done at the moment. For tests and benchmarks. */
  idle(): Promise<void>
  /** Ends what is under way at its next statement: it begins anew some other time. */
  stop(): Promise<void>
}

/** What is remembered of a series; -1: it is not known how many of its points have tiles, or how many came late until then. */
type Entry = { series: LongSeries; built: number; disorder: number; changedMs: number }

/** About 300 bytes each; series beyond it get tiles after a restart, or when others are done. */
const seriesKept = 100_000
/** A stretch of fewer points is read faster than a look for it costs. */
const leastPoints = 2_048
const slicePoints = 2_000_000
const quietCheckMs = 1_000
const retryMs = 5_000

export type TileBuilderParts = {
  readonly store: TileStore
  readonly metrics: Metrics
  readonly logger: Logger
  readonly settings: TileSettings
}

export function createTileBuilder({ store, metrics, logger, settings }: TileBuilderParts): TileBuilder {
  const entries = new Map<string, Entry>()
  /** Series that have work, by the names of their entries. */
  const due = new Set<string>()
  const stopping = new AbortController()
  const { signal } = stopping
  const points = metrics.counter(
    'stepstream_tile_points_total',
    'Points of which tiles were made, again or for the first time.',
  )
  const failures = metrics.counter(
    'stepstream_tile_failures_total',
    'Series whose tiles could not be made; they are tried again.',
  )
  const observe = metrics.duration('stepstream_tile_build_seconds', 'Work on the tiles of one series, without pauses.')
  metrics.gauge('stepstream_tile_waiting_series', 'Series that wait for tiles.', () => due.size)
  metrics.gauge(
    'stepstream_tile_unsealed_points',
    'Points of long series that have no tiles yet, as far as known.',
    () => [...entries.values()].reduce((sum, { series, built }) => sum + (built < 0 ? 0 : series.count - built), 0),
  )
  let working: Promise<void> | undefined
  /** The series under way, by the name of its entry. */
  let building: string | undefined
  const quiet = setInterval(findQuiet, Math.min(quietCheckMs, settings.quietMs))
  quiet.unref()

  function grown(series: readonly LongSeries[]): void {
    const now = performance.now()
    for (const one of series) {
      const id = `${one.run}/${one.metric}`
      const entry = entries.get(id)
      if (entry) Object.assign(entry, { series: one, changedMs: now })
      else if (entries.size < seriesKept) entries.set(id, { series: one, built: -1, disorder: -1, changedMs: now })
      else continue
      const { built } = entries.get(id)!
      if (built < 0 || one.count - built >= settings.points) due.add(id)
    }
    work()
  }

  /** What has ended gets tiles up to its end, and is then forgotten. */
  function findQuiet(): void {
    const until = performance.now() - settings.quietMs
    for (const [id, { series, built, disorder, changedMs }] of entries) {
      if (changedMs > until || due.has(id) || id === building) continue
      if (series.count - built >= leastPoints || series.disorder > disorder) due.add(id)
      else entries.delete(id)
    }
    work()
  }

  function work(): void {
    if (due.size === 0 || signal.aborted) return
    working ??= workOff().finally(() => {
      working = undefined
    })
  }

  async function workOff(): Promise<void> {
    for (;;) {
      const [id] = due
      if (id === undefined || signal.aborted) return
      due.delete(id)
      const entry = entries.get(id)
      building = id
      if (entry) await buildOne(id, entry)
      building = undefined
    }
  }

  async function buildOne(id: string, entry: Entry): Promise<void> {
    const { series, changedMs } = entry
    const isQuiet = changedMs <= performance.now() - settings.quietMs
    let workedMs = 0
    let began = performance.now()
    async function pause(): Promise<void> {
      const tookMs = performance.now() - began
      workedMs += tookMs
      await sleep(tookMs * (1 / settings.share - 1), undefined, { signal })
      began = performance.now()
    }
    try {
      const built = await buildTiles(store, series, { leastPoints, slicePoints, pause })
      await pause()
      // Of what has ended nothing more is to be expected, however little is left.
      entry.built = isQuiet ? series.count : series.count - built.unsealed
      entry.disorder = series.disorder
      points.value += built.points
      observe(workedMs / 1000)
    } catch (error) {
      if (signal.aborted) return
      failures.value++
      logger.warn({ err: error, series: id }, 'tiles could not be made; trying again')
      await sleep(retryMs, undefined, { signal }).catch(() => {})
      due.add(id)
    }
  }

  return {
    points: settings.points,
    grown,
    async adopt(part, flushed) {
      const found = await readBacklog(store.reader, part, settings.points, flushed)
      if (found.length > 0)
        logger.info({ series: found.length, partition: part.partition }, 'series without tiles found')
      if (!signal.aborted) grown(found)
    },
    async idle() {
      while (working) await working
    },
    async stop() {
      clearInterval(quiet)
      stopping.abort()
      await working
    },
  }
}

import { type DeadReason, deadReasons } from '../../schema/dead-letters.ts'
import type { Count, Metrics } from '../../telemetry/metrics.ts'
import type { FrameCounts } from './state.ts'

/** What a sink tells of itself when `/metrics` is asked. */
export type SinkGauges = {
  /** Records in the log that are not in the store. */
  readonly lag: number
  readonly series: number
  readonly runs: number
}

/** Metrics of all sinks of a process. */
export type SinkObserver = {
  readonly frames: FrameCounts
  readonly dead: Readonly<Record<DeadReason, Count>>
  readonly retries: Count
  inserted(rows: number, seconds: number): void
  flushed(seconds: number): void
  /** Adds a sink to the gauges; call the answer when it has ended. */
  watch(read: () => SinkGauges): () => void
}

const outcomes = ['stored', 'duplicate', 'covered', 'dead'] as const

export function createSinkObserver(metrics: Metrics): SinkObserver {
  const watched = new Set<() => SinkGauges>()
  const total = (name: keyof SinkGauges) => () => [...watched].reduce((sum, read) => sum + read()[name], 0)
  metrics.gauge('stepstream_log_lag_records', 'Records in the log that are not in the store.', total('lag'))
  metrics.gauge('stepstream_active_series', 'Series whose summary is in memory.', total('series'))
  metrics.gauge('stepstream_active_runs', 'Runs that are in memory.', total('runs'))
  const help = 'Frames read from the log, by what the sink found: new, sent before, in the store already, not storable.'
  const observeRows = metrics.size('stepstream_insert_rows', 'Points of one insert.')
  const observeInsert = metrics.duration('stepstream_insert_seconds', 'From a filled block to its points in the store.')
  const points = metrics.counter('stepstream_points_stored_total', 'Points inserted into the store.')
  return {
    frames: metrics.counters('stepstream_sink_frames_total', help, 'outcome', outcomes),
    dead: metrics.counters(
      'stepstream_dead_letters_total',
      'Frames acknowledged and not storable, by reason.',
      'reason',
      deadReasons,
    ),
    retries: metrics.counter('stepstream_sink_retries_total', 'Steps of the sink that failed and were tried again.'),
    flushed: metrics.duration('stepstream_flush_seconds', 'Time to store the changed summaries.'),
    inserted(rows, seconds) {
      points.value += rows
      observeRows(rows)
      observeInsert(seconds)
    },
    watch(read) {
      watched.add(read)
      return () => void watched.delete(read)
    },
  }
}

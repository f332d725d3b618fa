import type { Count, Metrics } from '../../telemetry/metrics.ts'
import type { Payload } from './channel.ts'

/** What the process tells of its viewers at `/metrics`. */
export type LiveMeasures = {
  /** A look at the store, and what followed. */
  tick(seconds: number): void
  /** From news of the store's progress to its events being sent. */
  lag(seconds: number): void
  sent(payload: Payload, missed: number): void
  watch(read: { viewers(): number; series(): number; unsent(): number }): void
}

export function createLiveMeasures(metrics: Metrics): LiveMeasures {
  const events: Count = metrics.counter('stepstream_live_events_total', 'Events sent to viewers.')
  const bytes = metrics.counter('stepstream_live_bytes_total', 'Bytes of events sent to viewers, as JSON.')
  const dropped = metrics.counter(
    'stepstream_live_missed_total',
    'Events that viewers did not get because they did not read; the next one had what was in them.',
  )
  return {
    tick: metrics.duration('stepstream_live_tick_seconds', 'Time to look at the store for all that is watched.'),
    lag: metrics.duration('stepstream_live_lag_seconds', "From news of the store's progress to events being sent."),
    sent(payload, missed) {
      events.value++
      bytes.value += payload.json.length
      dropped.value += missed
    },
    watch(read) {
      metrics.gauge('stepstream_live_viewers', 'Subscriptions that are open.', read.viewers)
      metrics.gauge('stepstream_live_series', 'Series that are watched, each once.', read.series)
      metrics.gauge('stepstream_live_unsent_bytes', 'Bytes sent to viewers that they have not taken.', read.unsent)
    },
  }
}

import { build, type Histogram } from 'hdr-histogram-js'

/** Milliseconds. */
export type Latency = {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly mean: number
  readonly count: number
}

export type LatencyRecorder = { readonly record: (milliseconds: number) => void; readonly summary: () => Latency }

/** Counts in whole microseconds, three digits exact, up to ten minutes. */
export function createLatencyRecorder(): LatencyRecorder {
  const highestMicroseconds = 600_000_000
  const histogram: Histogram = build({ highestTrackableValue: highestMicroseconds, numberOfSignificantValueDigits: 3 })
  const ms = (microseconds: number) => Math.round(microseconds) / 1_000
  // The histogram rounds up to its resolution; the slowest is kept as it was.
  let max = 0
  return {
    record(milliseconds) {
      max = Math.max(max, milliseconds)
      histogram.recordValue(Math.min(highestMicroseconds, Math.max(0, Math.round(milliseconds * 1_000))))
    },
    summary() {
      const longest = ms(max * 1_000)
      const at = (percent: number) => Math.min(longest, ms(histogram.getValueAtPercentile(percent)))
      const count = histogram.totalCount
      const mean = count === 0 ? 0 : ms(histogram.mean)
      return { p50: at(50), p90: at(90), p99: at(99), max: longest, mean, count }
    },
  }
}

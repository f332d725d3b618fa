import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js'

/** Milliseconds. */
export type Latency = {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  readonly mean: number
  readonly count: number
  /** Milliseconds at a number of percentiles, in pairs, for a plot. */
  readonly curve: readonly (readonly [percentile: number, milliseconds: number])[]
}

/** A histogram on its way from one process to another. */
export type PackedLatency = { readonly histogram: string; readonly max: number }

export type LatencyRecorder = {
  readonly record: (milliseconds: number) => void
  readonly summary: () => Latency
  readonly pack: () => PackedLatency
}

/** Counts in whole microseconds, three digits exact, up to ten minutes. */
const highestMicroseconds = 600_000_000
const newHistogram = (): Histogram =>
  build({ highestTrackableValue: highestMicroseconds, numberOfSignificantValueDigits: 3 })

export function createLatencyRecorder(): LatencyRecorder {
  const histogram = newHistogram()
  // The histogram rounds up to its resolution; the slowest is kept as it was.
  let max = 0
  return {
    record(milliseconds) {
      if (milliseconds > max) max = milliseconds
      const microseconds = Math.round(milliseconds * 1_000)
      histogram.recordValue(Math.min(Math.max(0, microseconds), highestMicroseconds))
    },
    summary: () => summarize(histogram, max),
    pack: () => ({ histogram: encodeIntoCompressedBase64(histogram), max }),
  }
}

/** One summary of what several processes recorded. */
export function mergeLatencies(packed: readonly PackedLatency[]): Latency {
  const histogram = newHistogram()
  for (const one of packed) histogram.add(decodeFromCompressedBase64(one.histogram))
  return summarize(histogram, Math.max(0, ...packed.map((one) => one.max)))
}

const percentiles = [0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 100]

function summarize(histogram: Histogram, max: number): Latency {
  const ms = (microseconds: number) => Math.round(microseconds) / 1_000
  const longest = ms(max * 1_000)
  const at = (percent: number) => Math.min(longest, ms(histogram.getValueAtPercentile(percent)))
  const count = histogram.totalCount
  const mean = count === 0 ? 0 : ms(histogram.mean)
  const curve = percentiles.map((percent) => [percent, at(percent)] as const)
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: longest, mean, count, curve }
}

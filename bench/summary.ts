import type { Latency } from './latency.ts'
import type { IngestResult } from './results.ts'

/** The table for people. */
export function summary(result: IngestResult): string {
  const cpu = result.cpuSecondsPerMillionPoints
  const latency = (l: Latency) =>
    `p50 ${l.p50.toFixed(1)}  p99 ${l.p99.toFixed(1)}  max ${l.max.toFixed(1)} ms (${l.count})`
  const optional = (value: number | null, digits: number) => (value === null ? '-' : value.toFixed(digits))
  const rows: [string, string][] = [
    ['shape', `${result.shape}, ${result.runs} runs, ${result.connections} connections, seed ${result.seed}`],
    ['points', result.points.toLocaleString('en')],
    ['first send to all queryable', `${result.wallSeconds.toFixed(2)} s`],
    ['points per second', thousands(result.pointsPerSecond)],
    ['raw inserts, points per second', rawRates(result)],
    ['ratio to raw', ratios(result)],
    [
      'CPU s per million points',
      `load ${cpu.load.toFixed(3)}  server ${optional(cpu.server, 3)}  total ${optional(cpu.total, 3)}  server with merges ${optional(cpu.serverWithMerges, 3)}`,
    ],
    ['ack at full rate', latency(result.ackAtFullRateMilliseconds)],
    ['open loop, points per second', thousands(result.openLoop.pointsPerSecond)],
    ['ack in the open loop', latency(result.ackMilliseconds)],
    ['visible in the open loop', latency(result.visibleMilliseconds)],
    ['one 500-point curve', latency(result.curveMilliseconds)],
    [
      'bytes per point',
      `${result.wireBytesPerPoint.toFixed(2)} sent  ${optional(result.tableBytesPerPoint, 2)} in the table`,
    ],
    ['server memory, peak', `${optional(mebibytes(result.serverPeakResidentBytes), 0)} MiB`],
    ['stored exactly', exactness(result)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')
}

/** What is not as it was sent, in words. */
export function differences(result: IngestResult): string {
  const lines = [...(result.wireVerification?.differences ?? [])]
  for (const one of result.verification?.verifications ?? []) {
    if (one.storedExactly) continue
    lines.push(`${one.project}: ${one.storedPoints} points stored of ${one.points}, ${one.runsDiffering} runs differ`)
    lines.push(...one.differences.map((difference) => `  ${difference}`))
  }
  if (result.verification) {
    const { totalPoints, totalPointsExpected } = result.verification
    lines.push(`the table holds ${totalPoints} points, expected ${totalPointsExpected ?? 'at least those'}`)
  }
  return lines.join('\n')
}

function rawRates(result: IngestResult): string {
  if (result.raw === null) return '-'
  return result.raw.map((raw) => `${thousands(raw.pointsPerSecond)} ${raw.order}`).join('  ')
}

function ratios({ raw, pointsPerSecond }: IngestResult): string {
  return raw?.map((one) => `${(pointsPerSecond / one.pointsPerSecond).toFixed(3)} ${one.order}`).join('  ') ?? '-'
}

function exactness({ storedExactly, wireVerification: wire }: IngestResult): string {
  if (wire) return `${wire.pointsChecked} points of ${wire.runsChecked} runs read back: ${wire.exact ? 'exact' : 'NO'}`
  return storedExactly ? 'yes' : 'NO'
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function mebibytes(bytes: number | null): number | null {
  return bytes === null ? null : bytes / 2 ** 20
}

import type { Latency } from './latency.ts'
import type { IngestResult } from './results.ts'
import { mapUsage } from './usage.ts'

/** The table for people. */
export function summary(result: IngestResult): string {
  const { openLoop, residentBytes } = result
  const log = result.partitions === null ? result.log : `${result.log} with ${result.partitions} partitions`
  const rows: [string, string][] = [
    ['shape', `${result.shape}, ${result.runs} runs, ${result.connections} connections, seed ${result.seed}`],
    ['log', log ?? 'of a running server'],
    ['points', thousands(result.points)],
    ['first send to all queryable', `${fixed(result.wallSeconds, 2)} s`],
    ['points per second', thousands(result.pointsPerSecond)],
    ['raw inserts, points per second', rawRates(result)],
    ['ratio to raw', ratios(result)],
    ['CPU s per million points', figures(result.cpuSecondsPerMillionPoints ?? {}, 3)],
    ['cores in use on average', figures(result.cores ?? {}, 2)],
    ['ack at full rate', latency(result.ackAtFullRateMilliseconds)],
    ['open loop, points per second', thousands(openLoop?.pointsPerSecond ?? null)],
    ['ack in the open loop', latency(result.ackMilliseconds)],
    ['ack in the burst', latency(result.phases.burst?.ackDuringMilliseconds ?? null)],
    ['ack after the burst', latency(result.phases.burst?.ackAfterMilliseconds ?? null)],
    ['visible in the open loop, new runs', latency(result.visibleMilliseconds)],
    ['visible in the open loop, known runs', latency(result.visibleInKnownRunsMilliseconds)],
    ['one 500-point curve', latency(result.curveMilliseconds)],
    [
      'bytes per point',
      `${fixed(result.wireBytesPerPoint, 2)} sent  ${fixed(result.pointsTableBytesPerPoint, 2)} in the table, merged  ${fixed(result.bytesPerPoint, 2)} with all tables`,
    ],
    ['memory at most, MiB', figures(residentBytes ? mapUsage(residentBytes, (bytes) => bytes / 2 ** 20) : {}, 0)],
    ['stored exactly', exactness(result)],
    ...peerRows(result),
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
  if (raw === null || pointsPerSecond === null) return '-'
  return raw.map((one) => `${(pointsPerSecond / one.pointsPerSecond).toFixed(3)} ${one.order}`).join('  ')
}

function peerRows({ peers, pointsPerSecond }: IngestResult): [string, string][] {
  return Object.entries(peers).map(([name, peer]) => {
    if ('unavailable' in peer) return [name, peer.unavailable]
    const ratio =
      pointsPerSecond === null ? '' : `, Stepstream ${(pointsPerSecond / peer.pointsPerSecond).toFixed(2)} times that`
    const rate = `${thousands(peer.pointsPerSecond)} points/s${ratio}`
    return [
      name,
      `${rate}  CPU ${fixed(peer.cpuSecondsPerMillionPoints, 3)}  ${fixed(peer.bytesPerPoint, 2)} bytes per point`,
    ]
  })
}

function exactness({ storedExactly, wireVerification: wire }: IngestResult): string {
  if (wire) return `${wire.pointsChecked} points of ${wire.runsChecked} runs read back: ${wire.exact ? 'exact' : 'NO'}`
  return storedExactly ? 'yes' : 'NO'
}

function latency(latency: Latency | null): string {
  if (latency === null) return '-'
  const { p50, p99, max, count } = latency
  return `p50 ${p50.toFixed(1)}  p99 ${p99.toFixed(1)}  max ${max.toFixed(1)} ms (${count})`
}

function figures(named: Readonly<Record<string, number | null>>, digits: number): string {
  const texts = Object.entries(named).map(([name, value]) => `${name} ${fixed(value, digits)}`)
  return texts.length === 0 ? '-' : texts.join('  ')
}

function fixed(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits)
}

function thousands(value: number | null): string {
  return value === null ? '-' : Math.round(value).toLocaleString('en')
}

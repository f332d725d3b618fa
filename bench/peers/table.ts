/** Results as people read them. */
import type { PathResult } from './measure.ts'
import type { PeerResult } from './peers.ts'

const header = [
  'peer',
  'way of writing',
  'connections',
  'points stored',
  'points/s',
  'CPU s per 1 M',
  'with merges',
  'client CPU s per 1 M',
  'rendering',
  'bytes sent',
  'resident MiB',
  'bytes on disk',
  'same bits',
]

/** A Markdown table: each peer's fastest way in bold, the others below it. */
export function table(results: readonly PeerResult[]): string {
  const rows = results.flatMap((result) => [
    row(`**${result.name} ${result.version}**`, result),
    ...result.alternatives.map((other) => row('', other)),
  ])
  const lines = [header, header.map((_, i) => (i < 2 ? '---' : '--:')), ...rows]
  const losses = results.map(({ name, lost }) => `- ${name} loses: ${lost || 'nothing'}`)
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n\n${losses.join('\n')}`
}

function row(name: string, result: PathResult): string[] {
  const { comparison } = result
  return [
    name,
    result.path,
    String(result.connections),
    whole(result.points),
    whole(result.pointsPerSecond),
    seconds(result.cpuSecondsPerMillionPoints),
    seconds(result.cpuSecondsPerMillionPointsWithMerges),
    seconds(result.clientCpuSecondsPerMillionPoints),
    seconds(result.renderCpuSecondsPerMillionPoints),
    result.wireBytesPerPoint.toFixed(1),
    whole(result.residentBytes / 2 ** 20),
    result.bytesPerPoint.toFixed(2),
    `${((100 * comparison.exact) / comparison.points).toFixed(1)}%`,
  ]
}

const whole = (value: number) => Math.round(value).toLocaleString('en')
const seconds = (value: number) => value.toFixed(value < 10 ? 3 : 1)

import { exportWords } from './export.ts'
import type { Line } from './lines.ts'
import type { QueryResult } from './results.ts'

/** The table for people. */
export function querySummary(result: QueryResult): string {
  const rows = result.lines.map(rowOf)
  const head = ['', 'p50', 'p99 ms', 'asked', '', 'raw scan', 'SELECT 1', 'HTTP', 'CPU ms', 'kB', 'answers']
  const table = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...table.map((line) => line[column]!.length)))
  const lines = table.map((line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  const { asked, met } = result.targets
  const skipped = result.skipped.map(({ question, why }) => `NOT MEASURED: ${question}: ${why}`)
  const words = result.verified ? 'every answer is as brute force has it' : 'NOT EVERYTHING WAS ANSWERED'
  const exports = result.exports.map(exportWords)
  return [
    ...lines,
    '',
    ...exports,
    ...peerRows(result),
    ...skipped,
    `${words}; ${met} of ${asked} targets are met`,
  ].join('\n')
}

function rowOf(line: Line): string[] {
  const { clients, measured, asked, ingest } = line
  const more = [
    ...(clients > 1 ? [`${clients} clients`] : []),
    ...(ingest ? [`${millions(ingest.pointsPerSecond)}/s in`] : []),
  ]
  return [
    [line.question, ...more].join(', '),
    measured.p50.toFixed(1),
    measured.p99.toFixed(1),
    asked === null ? '-' : `${asked.p50} / ${asked.p99}`,
    line.met === null ? '' : line.met ? 'met' : 'MISSED',
    fixed(line.rawScanMilliseconds, 1),
    fixed(line.selectOneMilliseconds, 1),
    fixed(line.smallestQuestionMilliseconds, 1),
    fixed(line.serverCpuSecondsPerQuestion === null ? null : line.serverCpuSecondsPerQuestion * 1_000, 1),
    (line.bytes / 1_000).toFixed(0),
    line.samples.toLocaleString('en'),
  ]
}

/** Beside each the line of ours that asks the same of as much. */
function peerRows({ peers, lines }: QueryResult): string[] {
  return Object.entries(peers).flatMap(([name, peer]) => {
    if ('unavailable' in peer) return [`${name}: ${peer.unavailable}`]
    const rows = peer.lines.map(({ question, ours, measured, note }) => {
      const own = lines.find(({ id, clients, ingest }) => id === ours && clients === 1 && ingest === null)
      const ratio = own
        ? `, ours ${own.measured.p50.toFixed(1)}: ${(measured.p50 / own.measured.p50).toFixed(2)} times as long`
        : ''
      return `  ${question}: p50 ${measured.p50.toFixed(1)}, p99 ${measured.p99.toFixed(1)} ms${ratio} (${note})`
    })
    return [`${name} ${peer.version}, loaded ${peer.loaded}`, ...rows, '']
  })
}

const millions = (rate: number) => `${(rate / 1e6).toFixed(2)} M`
const fixed = (value: number | null, digits: number) => (value === null ? '-' : value.toFixed(digits))

import type { Latency } from '../latency.ts'
import type { IngestResult } from '../results.ts'
import { escaped } from './svg.ts'

export type Cell = string | number | null | undefined

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell, tag: string) => `<${tag}>${escaped(String(value ?? '-'))}</${tag}>`
  const line = (cells: readonly Cell[], tag: string) => `<tr>${cells.map((value) => cell(value, tag)).join('')}</tr>`
  const body = rows.map((row) => line(row, 'td')).join('')
  return `<div class="scroll"><table><thead>${line(head, 'th')}</thead><tbody>${body}</tbody></table></div>`
}

export function latencyTable({ phases, ...result }: IngestResult): string {
  const { burst } = phases
  const rows: [string, Latency | null | undefined][] = [
    ['acknowledged, ramp', phases.ramp?.ackMilliseconds],
    ['acknowledged, full rate', phases.full?.ackMilliseconds],
    ['acknowledged, steady', phases.steady?.ackMilliseconds],
    ['visible to a question, new runs, steady', phases.steady?.visibleMilliseconds],
    ['visible to a question, known runs, steady', phases.steady?.visibleInKnownRunsMilliseconds],
    ['acknowledged, before the burst', burst?.ackBeforeMilliseconds],
    ['acknowledged, in the burst', burst?.ackDuringMilliseconds],
    ['acknowledged, after the burst', burst?.ackAfterMilliseconds],
    ['visible, new runs, around the burst', burst?.visibleMilliseconds],
    ['visible, known runs, around the burst', burst?.visibleInKnownRunsMilliseconds],
    ['one 500-point curve', result.curveMilliseconds],
  ]
  const cells = rows.flatMap(([name, latency]) => {
    if (!latency) return []
    const { p50, p90, p99, p999, max, count } = latency
    return [[name, ...[p50, p90, p99, p999, max].map((ms) => ms.toFixed(1)), count.toLocaleString('en')]]
  })
  return table(['', 'p50', 'p90', 'p99', 'p99.9', 'max', 'count'], cells)
}

export function ratioTable({ raw, pointsPerSecond, peers, ...result }: IngestResult): string {
  if (pointsPerSecond === null) return '<p class="soft">No full phase, so nothing to compare with.</p>'
  const ratio = (rate: number) => (pointsPerSecond / rate).toFixed(3)
  const rows: Cell[][] = (raw ?? []).map((one) => [
    `raw inserts, rows ${one.order === 'sorted' ? 'in the order of the key' : 'as frames arrive'}`,
    thousands(one.pointsPerSecond),
    ratio(one.pointsPerSecond),
    (one.cpuSeconds / (one.points / 1e6)).toFixed(3),
    null,
  ])
  for (const [name, peer] of Object.entries(peers)) {
    if ('unavailable' in peer) continue
    const cpu = peer.cpuSecondsPerMillionPoints.toFixed(3)
    rows.push([name, thousands(peer.pointsPerSecond), ratio(peer.pointsPerSecond), cpu, peer.bytesPerPoint.toFixed(2)])
  }
  const own = result.cpuSecondsPerMillionPoints?.totalWithoutLoad
  rows.unshift(['Stepstream', thousands(pointsPerSecond), '1', own?.toFixed(3), result.bytesPerPoint?.toFixed(2)])
  return table(['', 'points/s', 'Stepstream to it', 'CPU s per 1 M', 'bytes per point'], rows)
}

export function peerTable({ peers }: IngestResult): string {
  const rows = Object.entries(peers).map(([name, peer]) =>
    'unavailable' in peer
      ? [name, '-', '-', '-', peer.unavailable]
      : [
          `${name} ${peer.version}`,
          peer.path,
          peer.points.toLocaleString('en'),
          peer.storedExactly ? 'yes' : 'no',
          peer.lost,
        ],
  )
  if (rows.length === 0) return ''
  return `<h2>Peers</h2>${table(['', 'way of writing', 'points', 'exact', 'what it does not keep'], rows)}`
}

export function memoryTable({ residentBytes }: IngestResult): string {
  if (residentBytes === null) return ''
  const entries = Object.entries(residentBytes)
  const head = ['', ...entries.map(([role]) => role)]
  return `<h2>Memory at most</h2>${table(head, [['MiB', ...entries.map(([, bytes]) => (bytes / 2 ** 20).toFixed(0))]])}`
}

export function setupTable({ machine, versions, ...result }: IngestResult): string {
  const rows: [string, Cell][] = [
    ['points of the full phase', result.points?.toLocaleString('en')],
    ['jobs, connections, generators', [result.runs, result.connections, result.generators].join(', ')],
    ['partitions', result.partitions],
    ['seed', result.seed],
    ['bytes per point sent', result.wireBytesPerPoint?.toFixed(2)],
    ['frames sent again', result.retries],
    ['processor', `${machine.cpu}, ${machine.cores} cores`],
    ['memory', `${machine.memoryGiB} GiB`],
    ['system', machine.system],
    ['Stepstream', [versions.stepstream, versions.commit].filter((one) => one !== null).join(' ')],
    ['Node, ClickHouse', `${versions.node}, ${versions.engine ?? 'unknown'}`],
  ]
  return table(['', ''], rows)
}

const thousands = (value: number): string => Math.round(value).toLocaleString('en')

import type { Latency } from '../latency.ts'
import type { IngestResult } from '../results.ts'
import { page } from './page.ts'
import { phasePlots, timePlots } from './plots.ts'
import { escaped } from './svg.ts'
import { latencyTable, memoryTable, peerTable, ratioTable, setupTable } from './tables.ts'

/** A page of one result that needs nothing else: no script, no font, no picture from elsewhere. */
export function report(result: IngestResult): string {
  const log = result.log === null ? 'a running system' : `${result.log} log`
  const title = `Stepstream: ${result.shape}, ${log}`
  const parts = [
    `<h1>${escaped(title)}</h1>`,
    `<p class="soft">${escaped(result.finishedAt)} · ${escaped(exactness(result))}</p>`,
    tiles(result),
    timePlots(result),
    phasePlots(result),
    `<h2>Latency in ms</h2>${latencyTable(result)}`,
    `<h2>Ratios</h2>${ratioTable(result)}`,
    peerTable(result),
    memoryTable(result),
    `<h2>What was measured, and on what</h2>${setupTable(result)}`,
  ]
  return page(title, parts)
}

function exactness({ storedExactly, wireVerification }: IngestResult): string {
  if (storedExactly === true) return 'every point stored exactly as it was sent'
  if (storedExactly === false) return 'NOT STORED EXACTLY'
  return wireVerification ? `${wireVerification.pointsChecked} points read back, all as they were sent` : 'not verified'
}

function tiles(result: IngestResult): string {
  const p99 = (latency: Latency | null) => (latency === null ? undefined : `${latency.p99.toFixed(1)} ms`)
  const fixed = (value: number | null | undefined, digits: number) => value?.toFixed(digits)
  const list: [string | undefined, string][] = [
    [
      result.pointsPerSecond?.toLocaleString('en', { maximumFractionDigits: 0 }),
      'points/s, acknowledged and queryable',
    ],
    [fixed(result.ratioToRaw, 3), 'of raw inserts'],
    [fixed(result.cpuSecondsPerMillionPoints?.totalWithoutLoad, 3), 'CPU s per million points'],
    [p99(result.ackMilliseconds), 'acknowledged, p99, steady'],
    [p99(result.visibleMilliseconds), 'visible, new runs, p99, steady'],
    [p99(result.visibleInKnownRunsMilliseconds), 'visible, known runs, p99, steady'],
    [fixed(result.bytesPerPoint, 2), 'bytes per point on disk'],
  ]
  const known = list.filter(([value]) => value !== undefined)
  return `<div class="tiles">${known.map(([value, name]) => `<div><b>${value}</b><span>${name}</span></div>`).join('')}</div>`
}

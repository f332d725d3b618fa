import type { Metrics } from '../../telemetry/metrics.ts'

/** How an export ended: whole, broken off (by its client, by an error, by its time), or before its first byte. */
export const exportEnds = ['whole', 'broken', 'refused'] as const
export type ExportEnd = (typeof exportEnds)[number]

export type ExportMeasures = ReturnType<typeof createExportMeasures>

export function createExportMeasures(metrics: Metrics) {
  let underWay = 0
  const ends = metrics.counters('stepstream_exports_total', 'Exports by how they ended', 'end', exportEnds)
  const bytes = metrics.counter('stepstream_export_bytes_total', 'Bytes of exports')
  metrics.gauge('stepstream_exports_under_way', 'Exports under way', () => underWay)
  return {
    begun: () => {
      underWay++
    },
    ended(how: ExportEnd) {
      underWay--
      ends[how].value++
    },
    sent(length: number) {
      bytes.value += length
    },
  }
}

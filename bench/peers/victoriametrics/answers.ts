import type { StoredSeries } from '../peer.ts'

/** The number of an instant query that sums to one; nothing found is 0. */
export function parseScalar(text: string): number {
  const answer = JSON.parse(text) as { data: { result: { value: [number, string] }[] } }
  return Number(answer.data.result[0]?.value[1] ?? 0)
}

type ExportLine = { readonly values: (number | string | null)[]; readonly timestamps: number[] }

/** A series of `/api/v1/export`: lines of JSON, one or more a series, infinities as strings. */
export function parseExport(text: string): StoredSeries {
  const lines = text.split('\n').filter((line) => line !== '')
  const parsed = lines.map((line) => JSON.parse(line) as ExportLine)
  const points = parsed.flatMap(({ values, timestamps }) =>
    timestamps.map((time, i) => [time, values[i] === null ? Number.NaN : Number(values[i])] as const),
  )
  points.sort(([a], [b]) => a - b)
  return { times: points.map(([time]) => time), values: points.map(([, value]) => value) }
}

/** The sum of a gauge or counter over all its label sets in Prometheus' text format. */
export function sumMetric(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

import type { StoredSeries } from '../peer.ts'

type History = {
  readonly metrics?: readonly { readonly value: number | string; readonly timestamp: number | string }[]
}

/** An answer of `metrics/get-history`; NaN is in it as a bare word, which JSON does not know, or as a string. */
export function parseHistory(text: string): StoredSeries {
  const answer = JSON.parse(text.replace(/("value":\s*)(-?Infinity|NaN)\b/g, '$1"$2"')) as History
  const points = (answer.metrics ?? []).map(({ value, timestamp }) => [Number(timestamp), Number(value)] as const)
  points.sort(([a], [b]) => a - b)
  return { times: points.map(([time]) => time), values: points.map(([, value]) => value) }
}

import { hash } from 'node:crypto'

/**
 * The 64-bit keys under which the store holds a run and a metric: the first 8 bytes, little-endian, of a SHA-256.
 * In SQL: `reinterpretAsUInt64(substring(SHA256(concat(project, char(0), run)), 1, 8))`, and of the bare metric name.
 * Two runs of 10 million share a key with a probability of 3e-6; the sink compares names and sends the later one to the dead letters.
 */
export function runKey(project: string, run: string): bigint {
  return hash('sha256', `${project}\0${run}`, 'buffer').readBigUInt64LE(0)
}

const metricKeys = new Map<string, bigint>()

/** See {@link runKey}. Names repeat from run to run, so the last 100,000 or so are remembered. */
export function metricKey(metric: string): bigint {
  const known = metricKeys.get(metric)
  if (known !== undefined) return known
  const key = hash('sha256', metric, 'buffer').readBigUInt64LE(0)
  if (metricKeys.size >= 100_000) metricKeys.clear()
  metricKeys.set(metric, key)
  return key
}

/** The partition of the log that holds a run: all its frames keep their order there. */
export function partitionOf(key: bigint, partitions: number): number {
  return partitions === 1 ? 0 : Number(key % BigInt(partitions))
}

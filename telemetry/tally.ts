/**
 * A histogram without labels in flat numbers: an observation is a short search and two additions, and many equal ones are one.
 * prom-client's own looks up its labels for each.
 */
export type Tally = {
  observe(value: number, count?: number): void
  /** As prom-client's registry asks for it. */
  readonly metric: {
    readonly name: string
    get(): Promise<object>
  }
}

type Sample = {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** `buckets` ascend; a value belongs to the first that is not below it. */
export function createTally(name: string, help: string, buckets: readonly number[]): Tally {
  const counts = new Float64Array(buckets.length + 1)
  let sum = 0

  function observe(value: number, count = 1): void {
    let bucket = 0
    while (bucket < buckets.length && value > buckets[bucket]!) bucket++
    counts[bucket]! += count
    sum += value * count
  }

  function samples(): Sample[] {
    let total = 0
    const list = Array.from(counts, (count, i): Sample => {
      total += count
      return { metricName: `${name}_bucket`, labels: { le: buckets[i] ?? '+Inf' }, value: total }
    })
    list.push({ metricName: `${name}_sum`, labels: {}, value: sum })
    list.push({ metricName: `${name}_count`, labels: {}, value: total })
    return list
  }

  const get = async () => ({ name, help, type: 'histogram', aggregator: 'sum', values: samples() })
  return { observe, metric: { name, get } }
}

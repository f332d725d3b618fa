import { metricKey } from '../../schema/keys.ts'
import { createScales, type Scales } from '../../schema/value-encoding.ts'
import type { MetricSet } from '../record/record.ts'

/** A metric set with the keys of its names; one object per list of names. */
export type SinkSet = MetricSet & {
  readonly keys: BigUint64Array
  /** Its names by ascending key: their numbers, and their keys. */
  readonly order: Int32Array
  readonly sortedKeys: BigUint64Array
  /** Of the decimals of each, in that order: a metric's are mostly rounded alike, whichever run logs it. */
  readonly scales: Scales
}

export function createSinkSet(names: readonly string[], keys = BigUint64Array.from(names, metricKey)): SinkSet {
  const order = Int32Array.from(names.keys()).sort((a, b) => (keys[a]! < keys[b]! ? -1 : 1))
  const sortedKeys = BigUint64Array.from(order, (index) => keys[index]!)
  return { names, keys, order, sortedKeys, scales: createScales(names.length) }
}

export function createSetRegistry(maximumNames = 2_000_000): (key: string, names: () => string[]) => SinkSet {
  const sets = new Map<string, SinkSet>()
  let total = 0
  return (key, names) => {
    const known = sets.get(key)
    if (known) return known
    const fresh = createSinkSet(names())
    total += fresh.names.length
    if (total > maximumNames) {
      sets.clear()
      total = fresh.names.length
    }
    sets.set(key, fresh)
    return fresh
  }
}

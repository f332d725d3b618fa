import type { MetricSet } from '../record/record.ts'
import { type Cursor, readNumber } from './msgpack.ts'

/**
 * The metrics of rows that were read before, by their bytes: jobs log the same names in the same order again and again, and comparing them
 * is far cheaper than making a text of each. A cache of fixed size; what is not in it is read the plain way.
 */
export type RowLayouts = {
  /**
   * The metric set of a row with so many metrics, the first of which is at the cursor, with its values added to `values`; undefined,
   * with nothing moved, when it has to be read the plain way.
   * @throws Refusal when a value is no number
   */
  read(cursor: Cursor, pairs: number, values: number[]): MetricSet | undefined
  /** The same row once it was read: `keys` are where its names begin and end, headers included. */
  remember(bytes: Buffer, keys: readonly number[], set: MetricSet): void
}

type Layout = { readonly set: MetricSet; readonly keys: Uint8Array; readonly ends: Uint32Array }

const slots = 1_024
const largestKeysBytes = 16_384
/** Layouts that share a slot replace each other only now and then: what is made for each row anew is not worth making. */
const replacedEvery = 16

export function createRowLayouts(): RowLayouts {
  const layouts = new Array<Layout | undefined>(slots).fill(undefined)
  let misses = 0

  /** By the number of metrics and the first name. */
  function slotOf(bytes: Uint8Array, at: number, pairs: number): number {
    let hash = pairs
    const end = Math.min(at + 12, bytes.length)
    for (let i = at; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193)
    return (hash ^ (hash >>> 15)) & (slots - 1)
  }

  return {
    read(cursor, pairs, values) {
      const { bytes, at: start } = cursor
      const layout = layouts[slotOf(bytes, start, pairs)]
      if (layout === undefined || layout.ends.length !== pairs) return undefined
      const { keys, ends } = layout
      const before = values.length
      let key = 0
      for (let i = 0; i < pairs; i++) {
        const keyEnd = ends[i]!
        let { at } = cursor
        if (at + keyEnd - key > cursor.end) break
        while (key < keyEnd && keys[key] === bytes[at]) {
          key++
          at++
        }
        if (key < keyEnd) break
        cursor.at = at
        values.push(readNumber(cursor, 'a metric value'))
      }
      if (values.length - before === pairs) return layout.set
      values.length = before
      cursor.at = start
      return undefined
    },
    remember(bytes, keys, set) {
      const pairs = keys.length / 2
      const slot = slotOf(bytes, keys[0]!, pairs)
      if (layouts[slot] !== undefined && ++misses % replacedEvery !== 0) return
      const ends = new Uint32Array(pairs)
      let total = 0
      for (let i = 0; i < pairs; i++) {
        total += keys[i * 2 + 1]! - keys[i * 2]!
        ends[i] = total
      }
      if (total > largestKeysBytes) return
      const joined = new Uint8Array(total)
      for (let i = 0; i < pairs; i++) {
        joined.set(bytes.subarray(keys[i * 2]!, keys[i * 2 + 1]!), i === 0 ? 0 : ends[i - 1]!)
      }
      layouts[slot] = { set, keys: joined, ends }
    },
  }
}

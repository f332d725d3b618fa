import type { StoreReader } from '../../schema/store.ts'

/**
 * Which runs of a partition the store may have rows of, so that a new run need not be looked up: a look-up holds up all that is read
 * behind it. Bloom filters over the keys, one after the other as runs are added, each twice as large as the one before. A new run
 * that they take for known costs a look-up; one that was added they always know.
 */
export type StoredRuns = {
  add(key: bigint): void
  /** False: surely no run of this key was added. */
  mayHave(key: bigint): boolean
}

/** 2 bytes a run; with four bits set for each, a full filter takes 1 new run in 400 for known. */
const bitsPerRun = 16
const bitsOfKey = 4

type Filter = { readonly words: Int32Array; readonly mask: number; readonly room: number; runs: number }

/** `expected`: how many runs are to come at least. */
export function createStoredRuns(expected = 0): StoredRuns {
  const filters = [createFilter(2 ** Math.ceil(Math.log2(Math.max(expected, 16_384))))]
  const bits = new Int32Array(bitsOfKey)

  /** Keys are of a good hash, so their halves serve as two of our own. */
  function chooseBits(key: bigint): void {
    const start = Number(BigInt.asIntN(32, key >> 32n))
    const stride = Number(BigInt.asIntN(32, key)) | 1
    for (let i = 0; i < bitsOfKey; i++) bits[i] = start + Math.imul(i, stride)
  }

  return {
    add(key) {
      const last = filters.at(-1)!
      const filter = last.runs < last.room ? last : createFilter(last.room * 2)
      if (filter !== last) filters.push(filter)
      chooseBits(key)
      for (const bit of bits) filter.words[(bit & filter.mask) >>> 5]! |= 1 << (bit & 31)
      filter.runs++
    },
    mayHave(key) {
      chooseBits(key)
      return filters.some(({ words, mask }) =>
        bits.every((bit) => (words[(bit & mask) >>> 5]! & (1 << (bit & 31))) !== 0),
      )
    },
  }
}

/** `room` is a power of two. */
function createFilter(room: number): Filter {
  return { words: new Int32Array((room * bitsPerRun) / 32), mask: room * bitsPerRun - 1, room, runs: 0 }
}

/** Keys of one answer. */
const keysPerQuestion = 4_000_000

/**
 * The runs that the store has of a partition. To be asked when the partition is in hand and its commit was read: what its last
 * reader may still bring after that is of ranges that are stored again, and a run that first comes up in those is new then.
 */
export async function findStoredRuns(
  reader: StoreReader,
  { partition, partitions }: { readonly partition: number; readonly partitions: number },
): Promise<StoredRuns> {
  const [counted] = await reader.rows<{ stored: number | string }>('SELECT count() AS stored FROM runs')
  const expected = Number(counted?.stored ?? 0) / partitions
  // As many again may come before a second filter is needed.
  const runs = createStoredRuns(expected * 2)
  const slices = Math.ceil(expected / keysPerQuestion) || 1
  for (let slice = 0; slice < slices; slice++) {
    const { columns } = await reader.columns(
      `SELECT key FROM runs WHERE key % {partitions:UInt64} = {partition:UInt64}
         AND intDiv(key, {partitions:UInt64}) % {slices:UInt64} = {slice:UInt64}`,
      { partitions, partition, slices, slice },
    )
    for (const key of (columns.get('key') as BigUint64Array | undefined) ?? []) runs.add(key)
  }
  return runs
}

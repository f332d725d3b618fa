/** Numbers the 64-bit keys of runs 0, 1, 2, … in the order in which they come: open addressing over flat arrays, 24 bytes a key. */
export type Keys = { count: number; low: Uint32Array; high: Uint32Array; slots: Int32Array }

const firstCapacity = 1024

export function createKeys(capacity = firstCapacity): Keys {
  const size = 2 ** Math.ceil(Math.log2(Math.max(capacity, firstCapacity)))
  return {
    count: 0,
    low: new Uint32Array(size),
    high: new Uint32Array(size),
    slots: new Int32Array(2 * size).fill(-1),
  }
}

/** The number of a key, which is new when it is the count of before. Keys are halves of hashes, so their low bits are spread well. */
export function numberOfKey(keys: Keys, low: number, high: number): number {
  const mask = keys.slots.length - 1
  let slot = low & mask
  for (;;) {
    const number = keys.slots[slot]!
    if (number === -1) break
    if (keys.low[number] === low && keys.high[number] === high) return number
    slot = (slot + 1) & mask
  }
  if (keys.count === keys.low.length) {
    growKeys(keys)
    return numberOfKey(keys, low, high)
  }
  const number = keys.count++
  keys.low[number] = low
  keys.high[number] = high
  keys.slots[slot] = number
  return number
}

/** The number of a key that is there, or -1. */
export function findKey(keys: Keys, key: bigint): number {
  const [low, high] = [Number(key & 0xffffffffn), Number(key >> 32n)]
  const mask = keys.slots.length - 1
  let slot = low & mask
  for (;;) {
    const number = keys.slots[slot]!
    if (number === -1 || (keys.low[number] === low && keys.high[number] === high)) return number
    slot = (slot + 1) & mask
  }
}

export function keyAt(keys: Keys, number: number): bigint {
  return (BigInt(keys.high[number]!) << 32n) | BigInt(keys.low[number]!)
}

function growKeys(keys: Keys): void {
  const grown = createKeys(2 * keys.low.length)
  for (let i = 0; i < keys.count; i++) numberOfKey(grown, keys.low[i]!, keys.high[i]!)
  Object.assign(keys, grown)
}

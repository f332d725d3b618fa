/** A well-mixed 32-bit number of a 32-bit number (the finalizer of MurmurHash3): the same on every machine. */
export function mix32(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** Uniform numbers in [0, 1) from a seed: a counter, mixed. */
export function uniforms(seed: number): () => number {
  let counter = mix32(seed)
  return () => {
    counter = (counter + 0x9e3779b9) | 0
    // Two draws make 53 bits, so that values carry full mantissas, as measured ones do.
    const high = mix32(counter) >>> 5
    const low = mix32(counter ^ 0x5bd1e995) >>> 6
    return (high * 0x4000000 + low) / 0x20000000000000
  }
}

/** Normally distributed to the eye: the sum of twelve uniforms less six needs only exact arithmetic. */
export function normal(uniform: () => number): number {
  let sum = -6
  for (let i = 0; i < 12; i++) sum += uniform()
  return sum
}

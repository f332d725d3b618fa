/*
 * The plain version of `value-codes.ts`, a point at a time and by whole numbers of any size: the oracle of its tests.
 */
const head = 0xfff4n << 48n
const decimals = head + (7n << 46n)
const view = new DataView(new ArrayBuffer(8))

export function bitsOf(value: number): bigint {
  view.setFloat64(0, value)
  return view.getBigUint64(0)
}

export function numberOf(bits: bigint): number {
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

/** The bits of the float64 that a code stands for: of a decimal the number nearest to it, which reading its text gives. */
export function decodedBits(code: bigint): bigint {
  if (code < head || code >= decimals) return code
  const scale = Number((code >> 46n) & 15n)
  const digits = (code & (2n ** 46n - 1n)) - 2n ** 45n
  return bitsOf(Number(`${digits}e-${scale}`))
}

/** What a float64 comes back as: itself, but for NaNs that signal in the way of a decimal's code, which come back quiet. */
export const keptBits = (bits: bigint): bigint => (bits >= head && bits < decimals ? bits | (1n << 51n) : bits)

/** The scales at which a value is a decimal within the bound. */
export function scalesOf(bits: bigint): number[] {
  const value = numberOf(bits)
  if (!(Math.abs(value) < 2 ** 46) || bits === 1n << 63n) return []
  return [0, 1, 2, 3, 4, 5, 6].filter((scale) => {
    const text = value.toFixed(scale)
    const digits = BigInt(text.replace('.', ''))
    return Number(text) === value && digits > -(2n ** 45n) && digits < 2n ** 45n
  })
}

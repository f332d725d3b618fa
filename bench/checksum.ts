import { fillValues } from './curves.ts'
import { blocksOf, type Dataset, timeMs } from './dataset.ts'

/**
 * Of a run's points: how many, and two independent sums, modulo 2^32, of a mixed number per point. A sum does not depend
 * on the order of rows; the number does on every bit of run, metric, step, value and time, so that a lost, doubled,
 * altered or swapped point changes both sums.
 */
export type RunSum = { readonly count: number; readonly a: number; readonly b: number }

/** Multiplier and start of each of the two sums; SQL and JavaScript compute the same from them. */
export const mixers = [
  { start: 0x243f6a88, multiplier: 0x9e3779b1 },
  { start: 0x85a308d3, multiplier: 0x85ebca77 },
] as const

/** The low 32 bits of the store's keys. */
export type Keys = { readonly run: number; readonly metrics: Uint32Array }

/** One-to-one in `h` for every word and in the word for every `h`: one altered word always alters the result. */
function mix(h: number, word: number, multiplier: number): number {
  const product = Math.imul(h ^ word, multiplier)
  return (product >>> 15) | (product << 17)
}

/** What the store must hold of one run, computed from the seed. */
export function expectedSum(dataset: Dataset, run: number, keys: Keys): RunSum {
  const { stepsPerFrame, pointsPerFrame } = dataset
  const values = new Float64Array(pointsPerFrame)
  const words = new Uint32Array(values.buffer)
  const blocks = blocksOf(dataset, run)
  let a = 0
  let b = 0
  for (let block = 0; block < blocks; block++) {
    const firstStep = block * stepsPerFrame
    fillValues(dataset.curves, run, firstStep, stepsPerFrame, values)
    for (let index = 0; index < pointsPerFrame; index++) {
      const metric = keys.metrics[Math.floor(index / stepsPerFrame)]!
      const step = firstStep + (index % stepsPerFrame)
      const time = timeMs(dataset, run, step)
      a = (a + mixPoint(mixers[0], keys.run, metric, step, words, index * 2, time)) | 0
      b = (b + mixPoint(mixers[1], keys.run, metric, step, words, index * 2, time)) | 0
    }
  }
  return { count: blocks * pointsPerFrame, a: a >>> 0, b: b >>> 0 }
}

/** One point's number; its value is the two words of `valueWords` from `valueAt` on. */
export function mixPoint(
  mixer: (typeof mixers)[number],
  run: number,
  metric: number,
  step: number,
  valueWords: Uint32Array,
  valueAt: number,
  time: number,
): number {
  const m = mixer.multiplier
  let h = mix(mixer.start, run, m)
  h = mix(h, metric, m)
  h = mix(h, step >>> 0, m)
  h = mix(h, Math.floor(step / 0x100000000), m)
  h = mix(h, valueWords[valueAt]!, m)
  h = mix(h, valueWords[valueAt + 1]!, m)
  h = mix(h, time >>> 0, m)
  return mix(h, Math.floor(time / 0x100000000), m)
}

/** The same as an aggregate over rows of `point_values`, in ClickHouse's arithmetic. `value`: the bits of the value as a UInt64. */
export function checksumSql(mixer: (typeof mixers)[number], value = 'reinterpretAsUInt64(value)'): string {
  const low = (expression: string) => `toUInt32(${expression})`
  const high = (expression: string) => `toUInt32(bitShiftRight(${expression}, 32))`
  const step = 'reinterpretAsUInt64(step)'
  const time = 'reinterpretAsUInt64(toUnixTimestamp64Milli(time))'
  const words = [low('run'), low('metric'), low(step), high(step), low(value), high(value), low(time), high(time)]
  const mixed = words.reduce(
    (h, word) => `bitRotateRight(toUInt32(bitXor(${h}, ${word}) * ${mixer.multiplier}), 15)`,
    `toUInt32(${mixer.start})`,
  )
  return `sumWithOverflow(${mixed})`
}

import type { Curve } from './curve.ts'
import { type ExpectedCurve, expectedCurve, type Window } from './expected-curve.ts'
import { WrongAnswer } from './question.ts'

/** A series of an answer, in one of its two forms. */
export type CurveAnswer = {
  readonly run: string
  readonly steps?: readonly number[]
  readonly values?: readonly (number | string)[]
  readonly stepsPacked?: string
  readonly valuesPacked?: string
  readonly receipt: Readonly<Record<string, unknown>>
}

/** Every point and every figure of the receipt must be as brute force has it. */
export function checkCurve(curve: Curve, window: Window, answer: CurveAnswer | undefined): void {
  if (answer === undefined) throw new WrongAnswer(`there is no answer for ${curve.run}`)
  const expected = expectationOf(curve, window)
  const where = `${curve.run}, steps ${window.fromStep} to ${window.toStep}`
  if (answer.run !== curve.run) throw new WrongAnswer(`${where}: the answer is about ${answer.run}`)
  for (const [name, value] of Object.entries(expected.receipt)) {
    if (answer.receipt[name] !== value) {
      throw new WrongAnswer(`${where}: receipt.${name} is ${answer.receipt[name]}, must be ${value}`)
    }
  }
  compare(where, 'steps', columnOf(answer.stepsPacked, answer.steps), expected.steps)
  compare(where, 'values', columnOf(answer.valuesPacked, answer.values), expected.values)
}

/** Both forms of a question have one expectation, and that of a long series takes seconds. */
const known = new WeakMap<Curve, Map<string, ExpectedCurve>>()

function expectationOf(curve: Curve, window: Window): ExpectedCurve {
  const key = JSON.stringify(window)
  const ofCurve = known.get(curve) ?? new Map<string, ExpectedCurve>()
  known.set(curve, ofCurve)
  const expected = ofCurve.get(key) ?? expectedCurve(curve, window)
  ofCurve.set(key, expected)
  return expected
}

function columnOf(packed: string | undefined, plain: readonly (number | string)[] | undefined): Float64Array {
  if (packed === undefined) return Float64Array.from(plain ?? [], Number)
  const bytes = Uint8Array.from(Buffer.from(packed, 'base64'))
  return new Float64Array(bytes.buffer)
}

function compare(where: string, column: string, found: Float64Array, expected: Float64Array): void {
  if (found.length !== expected.length) {
    throw new WrongAnswer(`${where}: ${found.length} ${column}, must be ${expected.length}`)
  }
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(found[i], expected[i])) {
      throw new WrongAnswer(`${where}: ${column}[${i}] is ${found[i]}, must be ${expected[i]}`)
    }
  }
}

import type { Expression, FunctionName } from './expression.ts'

/** A column, or one number for all rows: row `i` is `column[i & mask]`, so that one loop serves both. */
type Operand = { readonly column: Float64Array; readonly mask: number }

const wholeColumn = -1
const oneNumber = 0

/** The expression over columns of the metrics it names, row by row, by IEEE 754: a NaN goes through, 1/0 is Infinity, log(-1) NaN. */
export function evaluate(
  expression: Expression,
  columnOf: (metric: string) => Float64Array,
  rows: number,
): Float64Array {
  function operand(e: Expression): Operand {
    if (e.kind === 'number') return { column: Float64Array.of(e.value), mask: oneNumber }
    if (e.kind === 'metric') return { column: columnOf(e.name), mask: wholeColumn }
    const of = e.of.map(operand)
    const constant = of.every(({ mask }) => mask === oneNumber)
    const column = new Float64Array(constant ? 1 : rows)
    loops[e.name](column, of[0]!, of[1] ?? of[0]!)
    return { column, mask: constant ? oneNumber : wholeColumn }
  }
  const { column, mask } = operand(expression)
  return mask === wholeColumn ? column : new Float64Array(rows).fill(column[0]!)
}

type Loop = (out: Float64Array, a: Operand, b: Operand) => void

/** The four plain operations have loops of their own: a call for each number would take longer than the operation. */
const loops: Record<FunctionName, Loop> = {
  add(out, { column: a, mask: m }, { column: b, mask: n }) {
    for (let i = 0; i < out.length; i++) out[i] = a[i & m]! + b[i & n]!
  },
  subtract(out, { column: a, mask: m }, { column: b, mask: n }) {
    for (let i = 0; i < out.length; i++) out[i] = a[i & m]! - b[i & n]!
  },
  multiply(out, { column: a, mask: m }, { column: b, mask: n }) {
    for (let i = 0; i < out.length; i++) out[i] = a[i & m]! * b[i & n]!
  },
  divide(out, { column: a, mask: m }, { column: b, mask: n }) {
    for (let i = 0; i < out.length; i++) out[i] = a[i & m]! / b[i & n]!
  },
  pow: each(power),
  negate: each((a) => -a),
  log: each(Math.log),
  log10: each(Math.log10),
  log2: each(Math.log2),
  exp: each(Math.exp),
  sqrt: each(Math.sqrt),
  abs: each(Math.abs),
  // NaN if either is; -0 is below 0.
  min: each((a, b) => Math.min(a, b)),
  max: each((a, b) => Math.max(a, b)),
}

function each(of: (a: number, b: number) => number): Loop {
  return (out, { column: a, mask: m }, { column: b, mask: n }) => {
    for (let i = 0; i < out.length; i++) out[i] = of(a[i & m]!, b[i & n]!)
  }
}

/** As IEEE 754 and C have it; JavaScript's own says NaN to 1^NaN and to (±1)^±Infinity. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1
  return base ** exponent
}

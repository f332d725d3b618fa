import { createHash } from 'node:crypto'
import type { Binder } from '../sql/text.ts'
import type { Expression, FunctionName } from './expression.ts'

/** A number in SQL and whether there is one: `value` a Float64, `has` 0 or 1. */
export type Figure = { readonly value: string; readonly has: string }

/**
 * The expression over one figure of each metric, `train/loss` being what `figureOf('train/loss')` is: so runs are sorted and filtered by what
 * their curves show. There is such a figure where all the metrics have theirs. Numbers are bound; no text of the expression becomes SQL.
 * As `evaluate.ts` computes it: to the bit, but for log, log10, exp and powers, which may be one place of float64 apart.
 */
export function expressionSql(
  expression: Expression,
  figureOf: (metric: string) => Figure,
  bind: Binder['bind'],
): Figure {
  const present = new Set<string>()
  function sqlOf(e: Expression): string {
    if (e.kind === 'number') return bind('Float64', e.value)
    if (e.kind === 'call') return templates[e.name](...(e.of.map(sqlOf) as [string, string]))
    const { value, has } = figureOf(e.name)
    present.add(has)
    return value
  }
  const value = sqlOf(expression)
  return { value, has: `(${[...present].join(' AND ')})` }
}

type Template = (a: string, b: string) => string
const infix =
  (operator: string): Template =>
  (a, b) =>
    `(${a} ${operator} ${b})`
const prefix =
  (name: string): Template =>
  (a) =>
    `${name}(${a})`

const templates: Record<FunctionName, Template> = {
  add: infix('+'),
  subtract: infix('-'),
  multiply: infix('*'),
  divide: infix('/'),
  pow: (a, b) => `pow(${a}, ${b})`,
  negate: prefix('negate'),
  log: prefix('log'),
  log10: prefix('log10'),
  log2: prefix('log2'),
  exp: prefix('exp'),
  sqrt: prefix('sqrt'),
  abs: prefix('abs'),
  // The engine's `least` depends on the order of its arguments where one is NaN or they are 0 and -0.
  min: extreme('<', (a, b) => `-(-${a} - ${b})`),
  max: extreme('>', (a, b) => `(${a} + ${b})`),
}

/** Each argument stands once and has a name, so that nesting makes the statement longer, not exponentially so. */
function extreme(beyond: '<' | '>', ofZeros: Template): Template {
  return (first, second) => {
    const [a, b] = [aliasOf(first), aliasOf(second)]
    return `multiIf(isNaN(${first} AS ${a}), ${a}, isNaN(${second} AS ${b}), ${b}, ${a} ${beyond} ${b}, ${a},
      ${b} ${beyond} ${a}, ${b}, ${a} = 0, ${ofZeros(a, b)}, ${a})`
  }
}

/** The same name for the same text, since a statement may contain an expression more than once. */
const aliasOf = (sql: string) => `e_${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`

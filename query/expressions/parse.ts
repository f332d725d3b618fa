import { limits } from '../../schema/limits.ts'
import { arities, callable, type Expression, type FunctionName, metricsOf } from './expression.ts'
import { badExpression, type Token, tokensOf } from './tokens.ts'

/** What is being read: the tokens, which is next, and how deep the expression nests there. */
type Reading = { readonly text: string; readonly tokens: readonly Token[]; next: number; depth: number }

/**
 * Reads an expression over metrics.
 *
 *     sum     = product { ("+" | "-") product }
 *     product = signed { ("*" | "/") signed }
 *     signed  = "-" signed | power
 *     power   = operand [ "^" signed ]              from the right: a^b^c is a^(b^c), -a^2 is -(a^2)
 *     operand = number | name | "`" any name "`" | function "(" sum { "," sum } ")" | "(" sum ")"
 *
 * A `/` between two letters or digits of a bare name belongs to it: `train/loss` is a metric, `a / b` and `` `a`/`b` `` divide.
 * @throws BAD_EXPRESSION with the place
 */
export function parseExpression(text: string): Expression {
  const reading: Reading = { text, tokens: tokensOf(text), next: 0, depth: 0 }
  const expression = sum(reading)
  if (peek(reading).kind !== 'end') throw unexpected(reading, 'an operator or the end')
  const metrics = metricsOf(expression).length
  if (metrics === 0) throw badExpression(text, 'it names no metric')
  if (metrics > limits.metricsPerExpression) {
    throw badExpression(text, `it names ${metrics} metrics; at most ${limits.metricsPerExpression} are allowed`)
  }
  return expression
}

const peek = ({ tokens, next }: Reading): Token => tokens[next]!
const isMark = (reading: Reading, mark: string) => peek(reading).kind === 'mark' && peek(reading).text === mark

function accept(reading: Reading, mark: string): boolean {
  if (!isMark(reading, mark)) return false
  reading.next++
  return true
}

function expect(reading: Reading, mark: string): void {
  if (!accept(reading, mark)) throw unexpected(reading, `"${mark}"`)
}

function unexpected(reading: Reading, wanted: string): Error {
  const { kind, text, at } = peek(reading)
  const found = kind === 'end' ? 'it ends' : `${JSON.stringify(text)} stands`
  return badExpression(reading.text, `${found} where ${wanted} is expected`, at)
}

const call = (name: FunctionName, ...of: readonly Expression[]): Expression => ({ kind: 'call', name, of })

/** Every rule that can contain itself goes through here, so that neither reading nor what works on the result can run out of stack. */
function nested(reading: Reading, rule: (reading: Reading) => Expression): Expression {
  if (++reading.depth > limits.expressionDepth) {
    const { at } = peek(reading)
    throw badExpression(reading.text, `it nests more than ${limits.expressionDepth} deep`, at)
  }
  const expression = rule(reading)
  reading.depth--
  return expression
}

function sum(reading: Reading): Expression {
  let left = product(reading)
  for (let terms = 1; ; terms++) {
    if (accept(reading, '+')) left = call('add', left, product(reading))
    else if (accept(reading, '-')) left = call('subtract', left, product(reading))
    else return left
    boundTerms(reading, terms)
  }
}

function product(reading: Reading): Expression {
  let left = signed(reading)
  for (let terms = 1; ; terms++) {
    if (accept(reading, '*')) left = call('multiply', left, signed(reading))
    else if (accept(reading, '/')) left = call('divide', left, signed(reading))
    else return left
    boundTerms(reading, terms)
  }
}

/** A chain of operators nests to the left, as deep as it is long. */
function boundTerms(reading: Reading, terms: number): void {
  if (terms < limits.expressionDepth) return
  const what = `more than ${limits.expressionDepth} terms or factors stand in a row; use parentheses`
  throw badExpression(reading.text, what, peek(reading).at)
}

function signed(reading: Reading): Expression {
  return accept(reading, '-') ? call('negate', nested(reading, signed)) : power(reading)
}

function power(reading: Reading): Expression {
  const base = operand(reading)
  return accept(reading, '^') ? call('pow', base, nested(reading, signed)) : base
}

function operand(reading: Reading): Expression {
  const token = peek(reading)
  if (accept(reading, '(')) {
    const inner = nested(reading, sum)
    expect(reading, ')')
    return inner
  }
  if (token.kind === 'number') {
    reading.next++
    const value = Number(token.text)
    if (Number.isFinite(value)) return { kind: 'number', value }
    throw badExpression(reading.text, 'the number is too large for a float64', token.at)
  }
  if (token.kind === 'quoted' || token.kind === 'name') {
    reading.next++
    if (token.kind === 'name' && isMark(reading, '(')) return calling(reading, token)
    return { kind: 'metric', name: token.text }
  }
  throw unexpected(reading, 'a number, a metric, a function or "("')
}

function calling(reading: Reading, { text, at }: Token): Expression {
  if (!callable.has(text)) {
    throw badExpression(
      reading.text,
      `there is no function ${JSON.stringify(text)}; there are ${[...callable].join(', ')}`,
      at,
    )
  }
  const name = text as FunctionName
  expect(reading, '(')
  const of = [nested(reading, sum)]
  while (accept(reading, ',')) of.push(nested(reading, sum))
  expect(reading, ')')
  if (of.length === arities[name]) return call(name, ...of)
  throw badExpression(
    reading.text,
    `${name} takes ${arities[name]} argument${arities[name] === 1 ? '' : 's'}, not ${of.length}`,
    at,
  )
}

import { limits } from '../../schema/limits.ts'
import { failure } from '../failures.ts'

export type Token = {
  readonly kind: 'number' | 'name' | 'quoted' | 'mark' | 'end'
  /** A name without its backquotes; a number or mark as it stands. */
  readonly text: string
  /** Where it begins: characters from the start of the expression, the first is 1. */
  readonly at: number
}

/** In this order: what is tried first at each place. Names have letters, digits, `_`, `.` within, and `/` between two of those. */
const patterns = {
  number: /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y,
  name: /[\p{L}_](?:[\p{L}\p{M}\p{Nd}_.]|\/(?=[\p{L}\p{Nd}_]))*/uy,
  quoted: /`(?:[^`]|``)*`/y,
  mark: /[-+*/^(),]/y,
} as const
const space = /[ \t\r\n]*/y
const kinds = Object.keys(patterns) as (keyof typeof patterns)[]

/** @throws BAD_EXPRESSION with the place */
export function tokensOf(text: string): Token[] {
  if (text.length > limits.expressionCharacters) {
    throw badExpression(text, `it has ${text.length} characters; at most ${limits.expressionCharacters} are allowed`)
  }
  const tokens: Token[] = []
  for (let at = matchAt(space, text, 0).length; at < text.length; at += matchAt(space, text, at).length) {
    const token = tokenAt(text, at)
    tokens.push(token)
    at += token.length
  }
  return [...tokens, { kind: 'end', text: '', at: text.length + 1 }]
}

function tokenAt(text: string, at: number): Token & { readonly length: number } {
  for (const kind of kinds) {
    const found = matchAt(patterns[kind], text, at)
    if (found === '') continue
    const { length } = found
    if (kind === 'quoted') return { kind, text: nameIn(text, found, at), at: at + 1, length }
    // `2x` and `1.5.3` are slips, not two tokens.
    if (kind === 'number' && /^[\p{L}\p{Nd}_.]/u.test(text.slice(at + length))) {
      throw badExpression(text, `a number ends in ${characterAt(text, at + length)}`, at + length + 1)
    }
    return { kind, text: found, at: at + 1, length }
  }
  const unended = text[at] === '`' ? 'a name in backquotes does not end' : `${characterAt(text, at)} has no meaning`
  throw badExpression(text, unended, at + 1)
}

function nameIn(text: string, quoted: string, at: number): string {
  const name = quoted.slice(1, -1).replaceAll('``', '`')
  const bytes = Buffer.byteLength(name)
  if (bytes >= 1 && bytes <= limits.metricBytes) return name
  throw badExpression(text, `a metric's name has 1 to ${limits.metricBytes} bytes, not ${bytes}`, at + 1)
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}

const characterAt = (text: string, at: number) => JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))

/** So much of an expression is repeated in an error. */
const shownCharacters = 80

export function badExpression(text: string, what: string, at?: number): Error {
  const shown = text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text
  const place = at === undefined ? '' : `, at character ${at}`
  return failure('BAD_EXPRESSION', `expression ${JSON.stringify(shown)}: ${what}${place}`)
}

import type { ParameterValue } from '../../schema/store.ts'

/** Names and values inside the text of a statement. */

export function identifier(name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new Error(`not a name of a setting or parameter: ${name}`)
  return name
}

/** The name of a table, a column or a database, whatever is in it. */
export function quoted(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}

/** A ClickHouse string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\0', '\\0')}'`
}

/** `name = 'value'` for each, as SET takes them. */
export function assignments(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(([name, value]) => `${identifier(name)} = ${literal(value)}`)
}

/** A parameter's value as the engine parses it for its type: like a field of TSV; inside arrays texts are quoted. */
export function parameterText(value: ParameterValue): string {
  if (typeof value === 'string') return escapeField(value)
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (typeof value === 'number') return numberText(value)
  if (typeof value === 'bigint') return String(value)
  return `[${value.map((item) => (typeof item === 'string' ? `'${escapeField(item)}'` : parameterText(item))).join(',')}]`
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'nan' : value > 0 ? '+inf' : '-inf'
}

const escapes: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\0': '\\0',
  '\b': '\\b',
}

function escapeField(text: string): string {
  return text.replace(/[\\'\t\n\r\0\b]/g, (character) => escapes[character]!)
}

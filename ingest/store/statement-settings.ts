/**
 * What stands in a statement's SETTINGS, taken out of it. A read-only session (`readonly = 1`) lets no statement set anything; what our own
 * statements set is given to their session before it becomes read-only.
 */

/** Quoted texts and names and comments, which may hold anything; a word SETTINGS with what it sets. */
const pattern =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`|--[^\n]*|\/\*[\s\S]*?\*\/|\bSETTINGS\s+(?<list>\w+\s*=\s*(?:'[^'\\]*'|[\w.+-]+)(?:\s*,\s*\w+\s*=\s*(?:'[^'\\]*'|[\w.+-]+))*)/gi

const readWords = /^\s*(?:\(|(?:SELECT|WITH|SHOW|DESCRIBE|DESC|EXISTS|EXPLAIN)\b)/i

export type BareStatement = { readonly statement: string; readonly settings: Readonly<Record<string, string>> }

/** @throws Error when one setting has two values: a session has one for all of its statement */
export function withoutSettings(text: string): BareStatement {
  const settings: Record<string, string> = {}
  const statement = text.replace(pattern, (token, ...rest) => {
    const { list } = rest.at(-1) as { list?: string }
    if (list === undefined) return token
    for (const [, name, quoted, bare] of list.matchAll(/(\w+)\s*=\s*(?:'([^']*)'|([\w.+-]+))/g)) {
      const value = quoted ?? bare!
      if (name === 'readonly') throw new Error('a statement cannot say whether it may write')
      if (Object.hasOwn(settings, name!) && settings[name!] !== value)
        throw new Error(`a statement sets ${name} to ${settings[name!]} and to ${value}`)
      settings[name!] = value
    }
    return ''
  })
  return { statement, settings }
}

/** A question of a user: a read that leaves nothing behind. `readonly = 1` still lets a query be killed and a file be written. */
export function assertQuestion(statement: string): void {
  if (!readWords.test(statement)) throw new Error(`not a question: ${statement.trim().slice(0, 40)}`)
  if (/\bINTO\s+OUTFILE\b/i.test(statement.replace(pattern, '')))
    throw new Error('a question cannot write its answer into a file')
}

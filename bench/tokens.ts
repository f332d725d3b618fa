import { formatToken, parseToken } from '../schema/token.ts'

/** One token that names every write the given ones name: of each partition the last offset. */
export function mergeTokens(texts: Iterable<string>): string | undefined {
  const offsets = new Map<number, number>()
  let log: string | undefined
  for (const text of texts) {
    const token = parseToken(text)
    if (token === undefined) throw new Error(`the server acknowledged with something that is no token: ${text}`)
    if (log !== undefined && token.log !== log) throw new Error('the server acknowledged with tokens of two logs')
    log = token.log
    for (const [partition, offset] of token.offsets) {
      offsets.set(partition, Math.max(offset, offsets.get(partition) ?? -1))
    }
  }
  return log === undefined ? undefined : formatToken({ log, offsets })
}

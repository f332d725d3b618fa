/**
 * `at`: the opaque token of a log position. It names the log it belongs to and, for each partition a request wrote to,
 * the offset of its last record. Text form, before base64url: `1|<log id>|<partition>:<offset>,…`.
 */
export type Token = {
  /** Identity of the log, so that a token of another deployment is refused instead of misread. */
  readonly log: string
  /** Offset of the last record written, by partition. */
  readonly offsets: ReadonlyMap<number, number>
}

export function formatToken(token: Token): string {
  const parts = [...token.offsets].map(([partition, offset]) => `${partition}:${offset}`)
  return Buffer.from(`1|${token.log}|${parts.join(',')}`, 'latin1').toString('base64url')
}

/** Undefined when the text is not a token. */
export function parseToken(text: string): Token | undefined {
  if (text.length > 4096 || !/^[A-Za-z0-9_-]+$/.test(text)) return undefined
  const match = /^1\|([0-9a-z-]{1,64})\|([0-9:,]*)$/.exec(Buffer.from(text, 'base64url').toString('latin1'))
  if (!match) return undefined
  const offsets = new Map<number, number>()
  for (const part of (match[2] as string).split(',')) {
    if (part === '') continue
    const pair = /^(\d{1,6}):(\d{1,15})$/.exec(part)
    if (!pair) return undefined
    offsets.set(Number(pair[1]), Number(pair[2]))
  }
  return { log: match[1] as string, offsets }
}

import { formatToken, parseToken, type Token } from '../schema/token.ts'

/** Collects tokens into one that names every write the given ones name: of each partition the last offset. */
export type TokenCollector = {
  /** The text lies in `buffer`. Neighbours are mostly the same. */
  readonly addBytes: (buffer: Buffer, start: number, end: number) => void
  readonly add: (text: string) => void
  /** Undefined when there was none. */
  readonly merged: () => string | undefined
}

export function createTokenCollector(): TokenCollector {
  const offsets = new Map<number, number>()
  let log: string | undefined
  let last = Buffer.alloc(0)

  function add(text: string): void {
    const token = parseToken(text)
    if (token === undefined) throw new Error(`the server acknowledged with something that is no token: ${text}`)
    if (log !== undefined && token.log !== log) throw new Error('the server acknowledged with tokens of two logs')
    log = token.log
    for (const [partition, offset] of token.offsets) {
      offsets.set(partition, Math.max(offset, offsets.get(partition) ?? -1))
    }
  }

  function isLast(buffer: Buffer, start: number, end: number): boolean {
    if (end - start !== last.length) return false
    // The end differs first.
    for (let i = last.length - 1; i >= 0; i--) if (buffer[start + i] !== last[i]) return false
    return true
  }

  return {
    add,
    addBytes(buffer, start, end) {
      if (isLast(buffer, start, end)) return
      last = Buffer.from(buffer.subarray(start, end))
      add(last.toString('latin1'))
    },
    merged: () => (log === undefined ? undefined : formatToken({ log, offsets })),
  }
}

/** One token that names every write the given ones name. */
export function mergeTokens(texts: Iterable<string>): string | undefined {
  const collector = createTokenCollector()
  for (const text of texts) collector.add(text)
  return collector.merged()
}

/** Whether the first names every write that the second names. */
export function covers(watermark: Token | undefined, token: Token | undefined): boolean {
  if (watermark === undefined || token === undefined) return false
  return [...token.offsets].every(([partition, offset]) => offset <= (watermark.offsets.get(partition) ?? -1))
}

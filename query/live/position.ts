import { formatToken } from '../../schema/token.ts'
import { failure } from '../failures.ts'
import { fingerprint as fingerprintOf } from '../opaque.ts'

/** By partition of the log, the offset of the last record that counts; -1: none. */
export type Cut = readonly number[]

/** A moment as clients know it: for `at`, and as a watermark. */
export function tokenOf(log: string, cut: Cut): string {
  return formatToken({ log, offsets: new Map([...cut.entries()].filter(([, offset]) => offset >= 0)) })
}

/** What an event's id says: where in the log the viewer stands, and of which question. */
export type Position = {
  /** Identity of the log. */
  readonly log: string
  readonly stored: Cut
  /** Of the summaries; empty where they do not matter. */
  readonly flushed: Cut
  /** Fingerprint of the question. */
  readonly question: string
  /** Fingerprint of the bucket grids that the viewer has. */
  readonly grids: string
}

/** As long as the pattern of a position has it. */
export const fingerprint = (value: unknown): string => fingerprintOf(value, 11)

export function formatPosition({ log, stored, flushed, question, grids }: Position): string {
  return Buffer.from([1, log, stored.join(), flushed.join(), question, grids].join('|'), 'latin1').toString('base64url')
}

/** @throws BAD_CURSOR when the text is no id of an event, or of another question */
export function parsePosition(text: string, question: string): Position {
  const pattern = /^1\|([0-9a-z-]{1,64})\|([0-9,-]*)\|([0-9,-]*)\|([\w-]{11})\|([\w-]*)$/
  const match = text.length <= 8192 ? pattern.exec(Buffer.from(text, 'base64url').toString('latin1')) : null
  if (!match) throw failure('BAD_CURSOR', 'after is not the id of an event')
  const [, log, stored, flushed, asked, grids] = match
  if (asked !== question) throw failure('BAD_CURSOR', 'after is the id of an event of another subscription')
  return { log: log!, stored: parseCut(stored!), flushed: parseCut(flushed!), question, grids: grids! }
}

function parseCut(text: string): Cut {
  const cut = text === '' ? [] : text.split(',').map(Number)
  if (cut.every((offset) => Number.isSafeInteger(offset) && offset >= -1)) return cut
  throw failure('BAD_CURSOR', 'after is not the id of an event')
}

/** Orders of log positions in a partition: blocks of one record have 16 bits. */
const ordsPerRecord = 65_536
/** Of everything up to an offset, the highest `ord`; -1: none. */
export const ordUpTo = (offset: number): number => (offset + 1) * ordsPerRecord - 1
export const offsetOfOrd = (ord: number): number => Math.floor(ord / ordsPerRecord)

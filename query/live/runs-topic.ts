import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { parseToken } from '../../schema/token.ts'
import { type Cut, fingerprint, formatPosition, type Position, parsePosition, tokenOf } from './position.ts'
import { joinChanges, noChanges, type RunChanges, type RunsWatch, readRunChanges } from './runs-follow.ts'
import type { From, Moment, Topic } from './topic.ts'

export type RunsTopic = Topic & {
  readonly watch: RunsWatch
  /** What became of its runs since the moment before. */
  add(changes: RunChanges): void
}

export type RunsTopicParts = {
  readonly reader: StoreReader
  readonly readOptions: ReadOptions
  moment(): Moment
  watermarkTimeMs(): number
}

/** Versions that are remembered for viewers that are behind; who is further behind has to ask for the list anew. */
const versionsKept = 64

type CaughtUp = { readonly changes: RunChanges }

export function createRunsTopic(watch: RunsWatch, parts: RunsTopicParts): RunsTopic {
  const question = fingerprint(['runs', watch])
  /** The changes that made each of the last versions. */
  const made: RunChanges[] = []
  let version = 0
  let pending: RunChanges = noChanges
  let isBegun = false

  /** What came behind a version. */
  function since(from: number): RunChanges {
    const versions = version - from
    if (versions > made.length) return undefined
    return made.slice(made.length - versions).reduce(joinChanges, noChanges)
  }

  function event(from: From, missed: number) {
    const { log, cut, flushed } = parts.moment()
    const id = formatPosition({ log, stored: cut, flushed, question, grids: '' })
    const currency = { watermark: tokenOf(log, cut), watermarkTime: parts.watermarkTimeMs() }
    const before = from.caughtUp ? (from.caughtUp as CaughtUp).changes : noChanges
    const changes = from.cut ? joinChanges(before, since(from.version)) : noChanges
    const { changed, left } = changes ?? { changed: [], left: [] }
    return { id, cut, value: { id, ...currency, missed, reset: changes === undefined, changed, left } }
  }

  /** An id of an event, or the token of a moment. */
  function positionOf(after: string): Position {
    const token = parseToken(after)
    if (!token) return parsePosition(after, question)
    const offsets = parts.moment().cut.map((_, partition) => token.offsets.get(partition) ?? -1)
    return { log: token.log, stored: offsets, flushed: offsets, question, grids: '' }
  }

  async function catchUp({ log, stored, flushed }: Position): Promise<From> {
    const moment = parts.moment()
    const known = { version, cut: moment.cut }
    const fits = (cut: Cut) => cut.length === moment.cut.length
    if (log !== moment.log || !fits(stored) || !fits(flushed)) return { ...known, caughtUp: { changes: undefined } }
    const passage = { after: stored, upTo: moment.cut, flushedAfter: flushed, flushedUpTo: moment.flushed }
    const [changes] = await readRunChanges(parts.reader, [watch], passage, parts.readOptions)
    return { ...known, caughtUp: { changes } }
  }

  return {
    ...{ watch, event, positionOf, catchUp, user: undefined },
    version: () => version,
    isReady: () => version > 0,
    add(changes) {
      pending = joinChanges(pending, changes)
    },
    advance() {
      const isFirst = !isBegun
      isBegun = true
      const isEmpty = pending?.changed.length === 0 && pending.left.length === 0
      if (isEmpty && !isFirst) return false
      version++
      made.push(pending)
      if (made.length > versionsKept) made.shift()
      pending = noChanges
      return true
    },
    end() {},
  }
}

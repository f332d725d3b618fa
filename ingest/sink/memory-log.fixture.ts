import { setImmediate } from 'node:timers/promises'
import { type Random, whole } from '../../test/random.ts'
import type { Commit, Log, LogRecord } from '../log/log.ts'
import type { Life } from './life.fixture.ts'

/** A log of one partition that outlives its readers and holds them to the contract of `log.ts`. */
export type MemoryLog = {
  readonly records: Uint8Array[]
  readonly commit: () => Commit
  /** What a reader did that the contract forbids. */
  readonly violations: string[]
  append(payload: Uint8Array): number
  /** The log as one process sees it. */
  open(life: Life): Log
}

export function createMemoryLog(random: Random, id = 'memory-log'): MemoryLog {
  const records: Uint8Array[] = []
  const violations: string[] = []
  let commit: Commit = { offset: 0, intents: [] }

  function checkCommit(next: Commit): void {
    if (next.offset < commit.offset) violations.push(`commit goes back from ${commit.offset} to ${next.offset}`)
    if (next.offset > records.length) violations.push(`commit ${next.offset} is beyond the end, ${records.length}`)
    for (const [first, last] of next.intents) {
      if (first < next.offset || last < first || last >= records.length) {
        violations.push(`intent ${first}-${last} with commit ${next.offset} and end ${records.length}`)
      }
    }
  }

  function open(life: Life): Log {
    let given: LogRecord[] = []
    let committing = false

    async function read(offset: number, maximumBytes: number, signal: AbortSignal): Promise<LogRecord[]> {
      for (const { payload } of given) payload.fill(0xdd)
      if (offset < commit.offset || offset > records.length) {
        violations.push(`reads ${offset}, but there are ${commit.offset} to ${records.length}`)
        throw new RangeError(`no record ${offset}`)
      }
      while (offset >= records.length) {
        if (signal.aborted || life.dead()) return []
        await setImmediate()
      }
      if (signal.aborted) return []
      // Few at a time, so that a range takes several reads.
      const count = maximumBytes === 0 ? 0 : whole(random, 1, 3)
      given = records.slice(offset, offset + count).map((payload, i) => {
        return { offset: offset + i, payload: Uint8Array.from(payload) }
      })
      return given
    }

    return {
      id,
      partitions: 1,
      append: () => Promise.reject(new Error('a sink does not append')),
      committed: () => life.step(() => commit),
      commit(_partition, next) {
        if (committing) violations.push('commits overlap')
        committing = true
        const work = life.step(
          () => {
            checkCommit(next)
            commit = next
          },
          { mayFail: true },
        )
        const done = () => {
          committing = false
        }
        work.then(done, done)
        return work
      },
      read: (_partition, offset, maximumBytes, signal) => life.step(() => read(offset, maximumBytes, signal)),
      end: () => records.length,
      stats: () => ({ bytes: 0, bytesLimit: 0, records: records.length, appends: 0, syncs: 0 }),
      close: () => Promise.resolve(),
    }
  }

  return { records, violations, commit: () => commit, append: (payload) => records.push(payload) - 1, open }
}

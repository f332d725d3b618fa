import { setImmediate } from 'node:timers/promises'
import { type Random, whole } from '../../test/random.ts'
import { type Commit, type LogPartition, type LogRecord, nothingCommitted, PartitionLost } from '../log/log.ts'
import type { Life } from './life.fixture.ts'

/** A log of one partition that outlives its readers and holds them to the contract of `log.ts`. */
export type MemoryLog = {
  readonly id: string
  readonly records: Uint8Array[]
  readonly commit: () => Commit
  /** What a reader did that the contract forbids. */
  readonly violations: string[]
  append(payload: Uint8Array): number
  /** Gives the partition to a process; whoever had it has lost it. `lies`: how often `held` then says yes all the same. */
  assign(life: Life, lies?: number): Holding
  /** Takes the partition from whoever has it. */
  revoke(): void
}

/** The partition in the hands of one process. */
export type Holding = {
  readonly partition: LogPartition
  /** To be called when its process begins an insert: one that knows that it lost the partition must not. */
  insertBegins(): void
  readonly lost: () => boolean
}

const doubtChance = 0.02

export function createMemoryLog(random: Random, id = 'memory-log', partitionNumber = 0): MemoryLog {
  const records: Uint8Array[] = []
  const violations: string[] = []
  let commit: Commit = nothingCommitted
  let holder = 0

  function checkCommit(next: Commit): void {
    const { offset, stored, intents } = next
    if (offset < commit.offset) violations.push(`commit goes back from ${commit.offset} to ${offset}`)
    if (stored < commit.stored) violations.push(`stored goes back from ${commit.stored} to ${stored}`)
    if (stored < offset || stored > records.length)
      violations.push(`stored ${stored} is not between the commit, ${offset}, and the end, ${records.length}`)
    if (intents.length > 0 && intents[0]![0] !== stored)
      violations.push(`stored is ${stored}, but the first intent begins at ${intents[0]![0]}`)
    for (const [first, last] of intents) {
      if (first < offset || last < first || last >= records.length)
        violations.push(`intent ${first}-${last} with commit ${offset} and end ${records.length}`)
    }
  }

  function assign(life: Life, lies = 0): Holding {
    const own = ++holder
    let given: LogRecord[] = []
    let committing = false
    let hasRead = false
    let liesLeft = lies
    let knows = false

    function check(): void {
      if (holder === own) return
      // The error is under way to whoever must stop.
      void setImmediate().then(() => {
        knows = true
      })
      throw new PartitionLost('another reader has it')
    }

    async function read(offset: number, maximumBytes: number, signal: AbortSignal): Promise<LogRecord[]> {
      for (const { payload } of given) payload.fill(0xdd)
      check()
      if (offset < commit.offset || offset > records.length) {
        violations.push(`reads ${offset}, but there are ${commit.offset} to ${records.length}`)
        throw new RangeError(`no record ${offset}`)
      }
      while (offset >= records.length) {
        if (signal.aborted || life.dead()) return []
        await setImmediate()
        check()
      }
      // What is there already may be given all the same.
      if (signal.aborted && random() < 0.5) return []
      // Few at a time, so that a range takes several reads.
      const count = maximumBytes === 0 ? 0 : whole(random, 1, 3)
      given = records.slice(offset, offset + count).map((payload, i) => {
        return { offset: offset + i, payload: Uint8Array.from(payload) }
      })
      hasRead ||= given.length > 0
      return given
    }

    const partition: LogPartition = {
      log: id,
      partition: partitionNumber,
      committed: () =>
        life.step(() => {
          check()
          return commit
        }),
      commit(next) {
        if (committing) violations.push('commits overlap')
        if (!hasRead) violations.push('commits before it has read anything, for which a log may wait for ever')
        if (knows) violations.push('commits although it knows that it lost the partition')
        committing = true
        const work = life.step(
          () => {
            check()
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
      read: (offset, maximumBytes, signal) => life.step(() => read(offset, maximumBytes, signal)),
      end: () => records.length,
      held() {
        // Sometimes nobody knows for a moment.
        if (holder === own) return random() > doubtChance
        if (liesLeft-- > 0) return true
        knows = true
        return false
      },
    }
    return {
      partition,
      lost: () => holder !== own,
      insertBegins() {
        if (knows) violations.push('inserts although it knows that it lost the partition')
      },
    }
  }

  return {
    id,
    records,
    violations,
    commit: () => commit,
    append: (payload) => records.push(payload) - 1,
    assign,
    revoke: () => void holder++,
  }
}

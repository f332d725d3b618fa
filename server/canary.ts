import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Commit, type LogPartition, type LogReader, type LogWriter, nothingCommitted } from '../ingest/log/log.ts'
import type { Store } from '../ingest/store/store.ts'
import { BadSettings } from './bad-settings.ts'

/**
 * Faults put in on purpose, each of which breaks a promise of ours when a process is killed at the wrong moment: tests that look for broken
 * promises prove with them that they find one. Wrapped around the parts where the process is put together, so nothing of it is in their way.
 */
export const canaries = ['ack_before_append', 'skip_token', 'commit_before_insert'] as const
export type Canary = (typeof canaries)[number]

/** @throws BadSettings for an unknown one, and outside of tests */
export function readCanary(environment: Readonly<Record<string, string | undefined>>): Canary | undefined {
  const name = environment.STEPSTREAM_CANARY
  if (!name) return undefined
  if (environment.STEPSTREAM_TEST !== '1')
    throw new BadSettings('bad settings:\n  STEPSTREAM_CANARY: it breaks the server on purpose, for tests only')
  const canary = canaries.find((each) => each === name)
  if (!canary)
    throw new BadSettings(`bad settings:\n  STEPSTREAM_CANARY: there is no ${name}, only ${canaries.join(', ')}`)
  return canary
}

const appendLaterMs = 50

/** The gateway hears that a record is durable before anything was done for it. */
export function spoilWriter<W extends LogWriter>(canary: Canary | undefined, log: W): W {
  if (canary !== 'ack_before_append') return log
  const next = new Map<number, number>()
  return {
    ...log,
    async append(partition, payload) {
      const offset = next.get(partition)
      if (offset === undefined) {
        // The first tells where the offsets begin.
        const first = await log.append(partition, payload)
        next.set(partition, first + 1)
        return first
      }
      next.set(partition, offset + 1)
      const copy = Uint8Array.from(payload)
      void sleep(appendLaterMs)
        .then(() => log.append(partition, copy))
        .catch(() => undefined)
      return offset
    },
  }
}

/**
 * Blocks of points never have the same token again, and the look-up before a second insert finds nothing, so what is inserted again is there
 * twice. After it nobody looks, as the store says that it never has a token without its block. Without any token it would know the block by its content.
 */
export function spoilStore<S extends Pick<Store, 'insertBlock' | 'sinkReader'>>(
  canary: Canary | undefined,
  store: S,
): S {
  if (canary !== 'skip_token') return store
  const { sinkReader } = store
  return {
    ...store,
    sinkReader: {
      ...sinkReader,
      async rows<T>(...question: Parameters<typeof sinkReader.rows>): Promise<T[]> {
        const [sql] = question
        return /AS found FROM points|FROM system\.tables/.test(sql) ? [] : await sinkReader.rows<T>(...question)
      },
    },
    insertBlock: (table, rows, columns, token, turn) => {
      return store.insertBlock(table, rows, columns, token === undefined ? undefined : randomUUID(), turn)
    },
  }
}

/** What has been read is committed as stored, before it is inserted. */
export function spoilReader<R extends LogReader>(canary: Canary | undefined, log: R): R {
  if (canary !== 'commit_before_insert') return log
  const spoiled = new Map<LogPartition, LogPartition>()
  return {
    ...log,
    subscribe: (handler) =>
      log.subscribe({
        assigned(partition) {
          const worse = spoilPartition(partition)
          spoiled.set(partition, worse)
          handler.assigned(worse)
        },
        lost(partition) {
          handler.lost(spoiled.get(partition) ?? partition)
          spoiled.delete(partition)
        },
      }),
  }
}

function spoilPartition(partition: LogPartition): LogPartition {
  let done = 0
  let latest: Commit = nothingCommitted
  let committing: Promise<void> = Promise.resolve()
  function commitDone(): Promise<void> {
    const commit = { ...latest, offset: done, stored: done, intents: [] }
    committing = committing.catch(() => {}).then(() => partition.commit(commit))
    return committing
  }
  return {
    ...partition,
    async committed() {
      latest = await partition.committed()
      done = latest.stored
      return latest
    },
    async read(offset, maximumBytes, signal) {
      const records = await partition.read(offset, maximumBytes, signal)
      done = Math.max(done, offset + records.length)
      // One that fails is followed by others.
      if (records.length > 0) commitDone().catch(() => {})
      return records
    },
    commit(commit) {
      latest = commit
      done = Math.max(done, commit.stored)
      return commitDone()
    },
  }
}

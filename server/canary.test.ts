import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Commit, LogPartition, LogReader, LogWriter } from '../ingest/log/log.ts'
import type { StoreReader } from '../schema/store.ts'
import { spoilReader, spoilStore, spoilWriter } from './canary.ts'

test('ack_before_append: all but the first record are acknowledged before anything was done for them', async () => {
  const appended: number[] = []
  const log: LogWriter = {
    id: 'log',
    partitions: 1,
    append: async (_partition, payload) => appended.push(payload[0]!) + 9,
  }
  assert.equal(spoilWriter(undefined, log), log)
  const spoiled = spoilWriter('ack_before_append', log)
  assert.equal(await spoiled.append(0, Uint8Array.of(1)), 10)
  assert.equal(await spoiled.append(0, Uint8Array.of(2)), 11)
  assert.deepEqual(appended, [1])
  await sleep(150)
  assert.deepEqual(appended, [1, 2])
})

test('skip_token: blocks get another token each time, and none is found to be stored already', async () => {
  const tokens: unknown[] = []
  const insertBlock = async (_table: string, _rows: number, _columns: unknown, token?: string) =>
    void tokens.push(token)
  const sinkReader: StoreReader = {
    rows: async <T>() => [{ found: 7 }] as T[],
    columns: () => Promise.reject(new Error('nobody asks')),
  }
  const store = { insertBlock, sinkReader }
  assert.equal(spoilStore(undefined, store), store)
  const spoiled = spoilStore('skip_token', store)
  await spoiled.insertBlock('points', 1, [], 'token')
  await spoiled.insertBlock('points', 1, [], 'token')
  await spoiled.insertBlock('runs', 1, [])
  assert.equal(new Set(tokens).size, 3)
  assert.ok(!tokens.includes('token'))
  assert.equal(tokens[2], undefined)
  assert.deepEqual(await spoiled.sinkReader.rows('SELECT DISTINCT toString(run) AS found FROM points …'), [])
  assert.deepEqual(await spoiled.sinkReader.rows('SELECT engine FROM system.tables …'), [])
  assert.deepEqual(await spoiled.sinkReader.rows('SELECT found FROM runs'), [{ found: 7 }])
})

test('commit_before_insert: what was read is committed as stored, one commit after the other, and none goes back', async () => {
  const commits: Commit[] = []
  let underWay = 0
  const partition: LogPartition = {
    log: 'log',
    partition: 0,
    committed: async () => ({ offset: 2, stored: 4, intents: [[4, 6]], newestMs: 1 }),
    async commit(commit) {
      assert.equal(underWay++, 0)
      await sleep(5)
      underWay--
      commits.push(commit)
    },
    read: async (first) => [first, first + 1].map((offset) => ({ offset, payload: Uint8Array.of() })),
    end: () => 0,
    held: () => true,
  }
  const lost: LogPartition[] = []
  const assigned: LogPartition[] = []
  const log: LogReader = {
    id: 'log',
    partitions: 1,
    async subscribe(handler) {
      handler.assigned(partition)
      handler.lost(partition)
    },
  }
  await spoilReader('commit_before_insert', log).subscribe({
    assigned: (one) => void assigned.push(one),
    lost: (one) => void lost.push(one),
  })
  assert.deepEqual(lost, assigned)
  const spoiled = assigned[0]!
  await spoiled.committed()
  await spoiled.read(4, 100, AbortSignal.timeout(1_000))
  await spoiled.commit({ offset: 2, stored: 4, intents: [[4, 5]], newestMs: 2 })
  assert.deepEqual(commits, [
    { offset: 6, stored: 6, intents: [], newestMs: 1 },
    { offset: 6, stored: 6, intents: [], newestMs: 2 },
  ])
})

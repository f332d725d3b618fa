import { strict as assert } from 'node:assert'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { openEmbeddedLog } from '../../ingest/log/embedded.ts'
import type { LogPartition, LogRecord } from '../../ingest/log/log.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { openChannel } from './channel.ts'
import type { MainSide } from './contract.ts'
import { createLogOfMain, serveLog } from './log.ts'

const maximumBytes = 256 * 1024 * 1024
const forever = new AbortController().signal
type Nothing = Record<string, never>

/** An embedded log, and its partition as a thread has it. */
async function openBoth(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-thread-'))
  const log = await openEmbeddedLog({ directory, maximumBytes, logger: createLogger('silent') })
  const { port1, port2 } = new MessageChannel()
  t.after(async () => {
    port1.close()
    await log.close()
    await rm(directory, { recursive: true })
  })
  const partitions: LogPartition[] = []
  await log.subscribe({ assigned: (own) => openChannel<Nothing, object>(port1, serveLog(own)), lost() {} })
  const away = createLogOfMain(openChannel<MainSide, Nothing>(port2, {}), log.id, log.partitions)
  await away.subscribe({ assigned: (own) => void partitions.push(own), lost() {} })
  return { log, away, partition: partitions[0]! }
}

const copied = (records: readonly LogRecord[]) =>
  records.map(({ offset, payload }) => ({ offset, payload: Uint8Array.from(payload) }))

test('records cross in order and whole, whatever their sizes', async (t) => {
  const { log, partition } = await openBoth(t)
  const payloads = Array.from({ length: 300 }, (_, i) => new Uint8Array(randomBytes(1 + ((i * 7919) % 60_000))))
  await Promise.all(payloads.map((payload) => log.append(0, payload)))
  const read: LogRecord[] = []
  while (read.length < payloads.length)
    read.push(...copied(await partition.read(read.length, 4 * 1024 * 1024, forever)))
  assert.deepEqual(
    read.map(({ offset }) => offset),
    payloads.map((_, i) => i),
  )
  for (const [i, { payload }] of read.entries()) assert.deepEqual(payload, payloads[i])
  assert.equal(partition.end(), 300)
})

test('the memory of one answer goes back for the next', async (t) => {
  const { log, partition } = await openBoth(t)
  await log.append(0, new Uint8Array(1000).fill(1))
  const [first] = await partition.read(0, 1, forever)
  assert.equal(first!.payload[999], 1)
  const waiting = partition.read(1, 1, forever)
  // Whoever reads on has let go of what was read before.
  assert.equal(first!.payload.length, 0)
  await log.append(0, new Uint8Array(3 * 1024 * 1024).fill(2))
  const [second] = await waiting
  assert.deepEqual([second!.payload.length, second!.payload[3 * 1024 * 1024 - 1]], [3 * 1024 * 1024, 2])
})

test('a read that waits ends when it is told to, and the next one waits again', async (t) => {
  const { log, partition } = await openBoth(t)
  for (let i = 0; i < 3; i++) {
    const stop = new AbortController()
    const waiting = partition.read(0, 1, stop.signal)
    setTimeout(() => stop.abort(), 5)
    assert.deepEqual(await waiting, [])
  }
  assert.deepEqual(await partition.read(0, 1, AbortSignal.abort()), [])
  const waiting = partition.read(0, 1, forever)
  await log.append(0, Uint8Array.of(9))
  assert.deepEqual(copied(await waiting), [{ offset: 0, payload: Uint8Array.of(9) }])
})

test('commits cross, and what is wrong with one is told', async (t) => {
  const { log, partition } = await openBoth(t)
  await Promise.all([1, 2, 3].map((byte) => log.append(0, Uint8Array.of(byte))))
  const commit = { offset: 1, stored: 2, intents: [[2, 2]] as const, newestMs: 5 }
  await partition.commit(commit)
  assert.deepEqual(await partition.committed(), commit)
  await assert.rejects(partition.commit({ ...commit, offset: 0 }), /commit 0 is not between/)
  await assert.rejects(partition.read(9, 1, forever), /not among the log's records/)
})

test('the end of the log is what was told last, and never goes back', async (t) => {
  const { away, partition, log } = await openBoth(t)
  away.endIs(7)
  assert.equal(partition.end(), 7)
  await log.append(0, Uint8Array.of(1))
  await partition.read(0, 1, forever)
  assert.equal(partition.end(), 7)
})

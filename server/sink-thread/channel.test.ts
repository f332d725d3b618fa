import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { MessageChannel } from 'node:worker_threads'
import { PartitionLost } from '../../ingest/log/log.ts'
import { Refusal } from '../../schema/errors.ts'
import { errorSent, errorToSend, handOver, openChannel } from './channel.ts'

type Functions = {
  add(a: number, b: number): number
  fail(error: Error): Promise<never>
  take(memory: ArrayBuffer): number
  make(bytes: number): Uint8Array
}
type Nothing = Record<string, never>

function join(functions: Functions) {
  const { port1, port2 } = new MessageChannel()
  openChannel<Nothing, Functions>(port1, functions)
  const calls = openChannel<Functions, Nothing>(port2, {})
  return { calls, close: () => port1.close() }
}

const made: Uint8Array<ArrayBuffer>[] = []
const functions: Functions = {
  add: (a, b) => a + b,
  async fail() {
    throw toThrow
  },
  take: (memory) => memory.byteLength,
  make(bytes) {
    const fresh = new Uint8Array(bytes).fill(7)
    made.push(fresh)
    return handOver(fresh, [fresh.buffer])
  },
}
let toThrow: unknown

test('calls are answered, however many are under way', async () => {
  const { calls, close } = join(functions)
  const sums = await Promise.all(Array.from({ length: 100 }, (_, i) => calls.add(i, 1)))
  assert.deepEqual(
    sums,
    Array.from({ length: 100 }, (_, i) => i + 1),
  )
  close()
})

test('memory that is handed over is in one place only', async () => {
  const { calls, close } = join(functions)
  const given = new ArrayBuffer(4096)
  assert.equal(await calls.take(handOver(given, [given])), 4096)
  assert.equal(given.byteLength, 0)
  const answer = await calls.make(2048)
  assert.deepEqual(answer, new Uint8Array(2048).fill(7))
  assert.equal(made[0]!.byteLength, 0)
  const kept = new ArrayBuffer(16)
  assert.equal(await calls.take(kept), 16)
  assert.equal(kept.byteLength, 16)
  close()
})

test('what a call throws is thrown at its caller, with what is looked at', async () => {
  const { calls, close } = join(functions)
  const thrown = async (error: unknown) => {
    toThrow = error
    return (await calls.fail(new Error()).catch((caught: unknown) => caught)) as Error & { code?: unknown }
  }
  const lost = await thrown(new PartitionLost('gone'))
  assert.ok(lost instanceof PartitionLost)
  assert.equal(lost.message, 'gone')
  const refused = await thrown(new Refusal('log_unavailable', 'no disk'))
  assert.ok(refused instanceof Error && !(refused instanceof PartitionLost))
  assert.deepEqual([refused.code, refused.message], ['log_unavailable', 'no disk'])
  // As the client of ClickHouse throws them, with what cannot be copied beside.
  const engine = Object.assign(new Error('too much'), { code: '241', type: 'MEMORY_LIMIT_EXCEEDED', retry: () => 1 })
  assert.equal((await thrown(engine)).code, '241')
  assert.match(String(await thrown('a text')), /a text/)
  close()
})

test('an error that is told with a status is the same on the other side', () => {
  const error = new RangeError('beyond')
  const sent = errorSent(structuredClone(errorToSend(error))) as Error
  assert.deepEqual([sent.message, sent.name, sent.stack], ['beyond', 'RangeError', error.stack])
})

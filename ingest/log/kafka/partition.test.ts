import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFetchBuffers, type Lease } from './fetch-buffers.ts'
import { createFetched, type Fetched } from './partition.ts'
import { encodeRecordBatch } from './record-batch.ts'
import { LogDamaged } from './trouble.ts'

const never = new AbortController().signal
const recordBytes = 30_000

/** Records are filled with their offset. */
function batches(first: number, count: number): Buffer {
  const all: Buffer[] = []
  for (let offset = first; offset < first + count; offset++) {
    const value = Buffer.alloc(recordBytes, offset)
    const { head, tail } = encodeRecordBatch({ value }, Buffer.alloc(10), 0, 0)
    head.writeBigInt64BE(BigInt(offset))
    all.push(head, value, tail)
  }
  return Buffer.concat(all)
}

function createHarness(partitions = 1) {
  const buffers = createFetchBuffers()
  const fetched = createFetched(3, {
    wake() {},
    bounds: async () => ({ low: 0, high: 1_000 }),
    partitions: () => partitions,
  })
  return {
    fetched,
    /** Puts an answer where answers come, which has so many bytes of others as well. */
    answer(bytes: Buffer, others = 0): Lease {
      const lease = buffers.lease(bytes.length + others)
      bytes.copy(lease.bytes)
      return lease
    },
  }
}

function deliver(fetched: Fetched, lease: Lease, others = 0): void {
  fetched.deliver(lease.bytes.subarray(0, lease.bytes.length - others), lease, 1_000)
  lease.release()
}

async function offsets(fetched: Fetched, from: number, maximumBytes: number): Promise<number[]> {
  const records = await fetched.read(from, maximumBytes, never)
  for (const { offset, payload } of records) {
    assert.ok(Buffer.alloc(recordBytes, offset).equals(payload), `the bytes of record ${offset}`)
  }
  return records.map(({ offset }) => offset)
}

test("an answer is not overwritten while a record of it is queued or in its reader's hands, and is used again after", async () => {
  const { fetched, answer } = createHarness()
  const first = offsets(fetched, 0, 2 * recordBytes)
  await new Promise(setImmediate)
  assert.equal(fetched.wants(), 0)
  const one = answer(batches(0, 3))
  deliver(fetched, one)
  const two = answer(batches(3, 3))
  assert.notEqual(two.bytes.buffer, one.bytes.buffer)
  deliver(fetched, two)
  assert.deepEqual(await first, [0, 1])
  assert.deepEqual(await offsets(fetched, 2, 1), [2])
  const three = answer(batches(6, 3))
  assert.notEqual(three.bytes.buffer, one.bytes.buffer, 'record 2 is still in use')
  deliver(fetched, three)
  assert.deepEqual(await offsets(fetched, 3, 1), [3])
  const four = answer(batches(9, 3))
  assert.equal(four.bytes.buffer, one.bytes.buffer)
  deliver(fetched, four)
  assert.deepEqual(await offsets(fetched, 4, 1e9), [4, 5, 6, 7, 8, 9, 10, 11])
})

for (const [what, others] of [
  ['its own answers, of which nothing is copied', 0],
  ["no answer of which most is others'", 400_000],
] as const) {
  test(`a reader that is far behind holds ${what}, and at some point gets no more`, async () => {
    const { fetched, answer } = createHarness()
    const reading = fetched.read(0, 1, never)
    await new Promise(setImmediate)
    const buffers = new Set<ArrayBufferLike>()
    let next = 0
    for (; fetched.wants() !== undefined; next += 10) {
      assert.equal(fetched.wants(), next)
      const lease = answer(batches(next, 10), others)
      buffers.add(lease.bytes.buffer)
      deliver(fetched, lease, others)
    }
    assert.ok(next * recordBytes >= 8 * 1024 * 1024 && next * recordBytes < 9 * 1024 * 1024, `${next} records`)
    if (others > 0) assert.equal(buffers.size, 1)
    await reading
    const records = await fetched.read(1, 1e9, never)
    assert.deepEqual(
      records.map(({ offset }) => offset),
      Array.from({ length: next - 1 }, (_, i) => i + 1),
    )
    for (const { offset, payload } of records) {
      assert.ok(Buffer.alloc(recordBytes, offset).equals(payload), `the bytes of record ${offset}`)
      assert.equal(buffers.has(payload.buffer), others === 0, `record ${offset}`)
    }
    assert.equal(fetched.wants(), next, 'with room it goes on')
  })
}

test('few bytes do not take the memory of many', () => {
  const { lease } = createFetchBuffers()
  const large = lease(4_200_000)
  const memory = large.bytes.buffer
  large.release()
  for (const bytes of [20_000, 500_000, 1_500_000]) assert.ok(lease(bytes).bytes.buffer.byteLength <= 2 * bytes)
  assert.equal(lease(4_000_000).bytes.buffer, memory)
})

test('the more partitions a process has, the less is fetched ahead of each', async () => {
  const MiB = 1024 * 1024
  for (const [partitions, most] of [
    [2, 8 * MiB],
    [4, 4 * MiB],
    [16, 2 * MiB],
  ] as const) {
    const { fetched, answer } = createHarness(partitions)
    void fetched.read(0, 1, never)
    await new Promise(setImmediate)
    let next = 0
    for (; fetched.wants() !== undefined; next += 10) deliver(fetched, answer(batches(next, 10)))
    assert.ok(
      next * recordBytes >= most && next * recordBytes < most + MiB,
      `${partitions} partitions: ${next} records`,
    )
  }
})

test('what lies before is passed over; a gap or a wrong bit is asked for again, and is damage if it stays', async () => {
  const { fetched, answer } = createHarness()
  const reading = fetched.read(5, 1e9, never)
  await new Promise(setImmediate)
  deliver(fetched, answer(batches(6, 2)))
  assert.equal(fetched.wants(), 5)
  const wrong = batches(5, 1)
  wrong[1_000]! ^= 1
  deliver(fetched, answer(wrong))
  assert.equal(fetched.wants(), 5)
  deliver(fetched, answer(batches(3, 4)))
  assert.deepEqual(
    (await reading).map(({ offset }) => offset),
    [5, 6],
  )
  const damaged = fetched.read(7, 1, never)
  for (let i = 0; i < 20; i++) {
    assert.equal(fetched.wants(), 7, `try ${i}`)
    deliver(fetched, answer(batches(8, 1)))
  }
  assert.equal(fetched.wants(), undefined)
  await assert.rejects(damaged, (error: Error) => {
    return error instanceof LogDamaged && /partition 3: Kafka gives record 8 where 7 must come/.test(error.message)
  })
})

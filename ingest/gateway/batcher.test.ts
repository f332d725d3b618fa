import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { parseToken } from '../../schema/token.ts'
import { chosenSeed, createRandom, whole } from '../../test/random.ts'
import type { LogWriter } from '../log/log.ts'
import { readRecord } from '../record/reader.ts'
import type { Block } from '../record/record.ts'
import { frameSize } from '../record/size.ts'
import { createSourcePlace } from '../record/sources.ts'
import type { Waiter } from './batch.ts'
import { type Batcher, createBatcher } from './batcher.ts'
import type { Frame } from './frame.ts'
import type { RunRef } from './run-ref.ts'

type Append = { partition: number; payload: Uint8Array; resolve(): void; reject(error: unknown): void }

/** A log whose appends end when the test says so. */
function createHeldLog(partitions = 1) {
  const appends: Append[] = []
  const atOnce = new Array<number>(partitions).fill(0)
  const offsets = new Array<number>(partitions).fill(0)
  const log: LogWriter = {
    id: 'held',
    partitions,
    append(partition, payload) {
      assert.equal(++atOnce[partition]!, 1, 'one append at a time per partition')
      const before = Buffer.from(payload)
      return new Promise((resolve, reject) => {
        const settle = (how: () => void) => () => {
          assert.ok(before.equals(payload), 'the payload must stay as it is until the append ends')
          atOnce[partition]!--
          how()
        }
        appends.push({
          partition,
          payload: Uint8Array.from(payload),
          resolve: settle(() => resolve(offsets[partition]!++)),
          reject: (error) => settle(() => reject(error))(),
        })
      })
    },
  }
  return { log, appends }
}

const observer = { onAppend() {}, onAck() {} }
const runs = [0, 1, 2].map((partition): RunRef => {
  return {
    ...createSourcePlace(),
    project: 'p',
    run: `r${partition}`,
    partition,
    lastSet: undefined,
    sets: [],
    metrics: 0,
  }
})
const set = { names: ['m'] }

/** A frame of one float64 block of `count` points; `seq` tells them apart. */
function frame(seq: number, count = 1, partition = 0): Frame {
  const block: Block = {
    ...{ set, count, steps: { kind: 'range', start: 0, stride: 1 }, times: undefined, width: 8 },
    values: new Uint8Array(count * 8).fill(seq),
  }
  const body = { writer: 'w', seq, update: undefined, blocks: [block] }
  return { run: runs[partition]!, ...body, points: count, loggedBytes: frameSize(body) }
}

/** What the tickets hear, in order. */
function createAdder(batcher: Batcher) {
  const heard: string[] = []
  let inside = true
  return {
    heard,
    add(...frames: Frame[]) {
      inside = true
      for (const each of frames) {
        const waiter: Waiter = {
          onDurable(number, seq, bytes, { partition, offset, token }) {
            assert.ok(!inside, 'never from within add')
            assert.deepEqual([number, seq, bytes], [each.seq! + 1, each.seq, 77])
            assert.deepEqual(parseToken(token), { log: 'held', offsets: new Map([[partition, offset]]) })
            heard.push(`${each.seq} at ${partition}:${offset}`)
          },
          onRefused(number, seq, bytes, refusal) {
            assert.ok(!inside, 'never from within add')
            assert.deepEqual([number, seq, bytes], [each.seq! + 1, each.seq, 77])
            heard.push(`${each.seq} ${refusal.code}`)
          },
        }
        batcher.add(each, 1_000, waiter, each.seq! + 1, each.seq!, 77, 0)
      }
      inside = false
    },
  }
}

const seqsOf = ({ payload }: { payload: Uint8Array }) =>
  readRecord(payload, (_, names) => ({ names: names() })).map(({ seq }) => seq)

async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate()
}

test('frames of one turn share a record; those that come while it is appended share the next', async () => {
  const { log, appends } = createHeldLog()
  const batcher = createBatcher(log, observer)
  const { add, heard } = createAdder(batcher)
  add(frame(1), frame(2))
  add(frame(3))
  assert.equal(appends.length, 0)
  await turns()
  assert.deepEqual(appends.map(seqsOf), [[1, 2, 3]])
  add(frame(4))
  await turns()
  add(frame(5))
  await turns()
  assert.equal(appends.length, 1)
  assert.deepEqual(heard, [])
  appends[0]!.resolve()
  await turns()
  assert.deepEqual(heard, ['1 at 0:0', '2 at 0:0', '3 at 0:0'])
  assert.deepEqual(appends.map(seqsOf), [
    [1, 2, 3],
    [4, 5],
  ])
  appends[1]!.resolve()
  await turns()
  assert.deepEqual(heard.slice(3), ['4 at 0:1', '5 at 0:1'])
})

test('the bytes of a frame are its own again when add returns', async () => {
  const { log, appends } = createHeldLog()
  const { add } = createAdder(createBatcher(log, observer))
  const one = frame(1)
  add(one)
  one.blocks[0]!.values.fill(0xee)
  await turns()
  const [kept] = readRecord(appends[0]!.payload, (_, names) => ({ names: names() }))
  assert.deepEqual(Uint8Array.from(kept!.blocks[0]!.values), new Uint8Array(8).fill(1))
})

test('pending bytes are those of the records that are not yet durable, and drained waits for them', async () => {
  const { log, appends } = createHeldLog()
  const batcher = createBatcher(log, observer)
  const { add } = createAdder(batcher)
  await batcher.drained()
  add(frame(1, 100))
  const first = batcher.pendingBytes()
  assert.ok(first > 800 && first < 1000, `${first}`)
  await turns()
  add(frame(2, 10))
  let drained = false
  void batcher.drained().then(() => {
    drained = true
  })
  appends[0]!.resolve()
  await turns()
  assert.equal(drained, false)
  assert.equal(batcher.pendingBytes(), appends[1]!.payload.length)
  appends[1]!.resolve()
  await turns()
  assert.equal(drained, true)
  assert.equal(batcher.pendingBytes(), 0)
})

const failures: [name: string, error: unknown, code: string][] = [
  ['a full log', new Refusal('log_full'), 'log_full'],
  ['a log that shuts down', new Refusal('shutting_down'), 'shutting_down'],
  ['any other error', new Error('EIO'), 'outcome_unknown'],
]
for (const [name, error, code] of failures) {
  test(`${name} refuses the frames of that record and no others`, async () => {
    const { log, appends } = createHeldLog()
    const batcher = createBatcher(log, observer)
    const { add, heard } = createAdder(batcher)
    add(frame(1), frame(2))
    await turns()
    add(frame(3))
    appends[0]!.reject(error)
    await turns()
    assert.deepEqual(heard, [`1 ${code}`, `2 ${code}`])
    appends[1]!.resolve()
    await turns()
    assert.deepEqual(heard.slice(2), ['3 at 0:0'])
    assert.equal(batcher.pendingBytes(), 0)
    await batcher.drained()
  })
}

test('a frame that does not fit begins a new record, and one as large as a record goes alone', async () => {
  const { log, appends } = createHeldLog()
  const { add } = createAdder(createBatcher(log, observer))
  const most = limits.recordBytes / 8
  add(frame(1, 10), frame(2, most), frame(3, 10), frame(4, most / 2), frame(5, most / 2), frame(6))
  for (let n = 0; n < appends.length + 1 && n < 10; n++) {
    await turns()
    if (n < appends.length) appends[n]!.resolve()
  }
  await turns()
  assert.deepEqual(appends.map(seqsOf), [[1], [2], [3, 4], [5, 6]])
})

test('a record has no more blocks than its order numbers can tell apart', async () => {
  const { log, appends } = createHeldLog()
  const { add } = createAdder(createBatcher(log, observer))
  const many = (seq: number, blocks: number): Frame => ({
    ...frame(seq),
    blocks: Array(blocks).fill(frame(seq).blocks[0]),
  })
  const { blocksPerRecord } = limits
  Object.assign(limits, { blocksPerRecord: 10 })
  try {
    add(many(1, 4), many(2, 5), many(3, 1), many(4, 1), many(5, 9), many(6, 1))
    for (let n = 0; n < 4; n++) {
      await turns()
      appends[n]?.resolve()
    }
  } finally {
    Object.assign(limits, { blocksPerRecord })
  }
  assert.deepEqual(appends.map(seqsOf), [[1, 2, 3], [4, 5], [6]])
})

test('partitions go side by side and do not wait for one another', async () => {
  const { log, appends } = createHeldLog(3)
  const batcher = createBatcher(log, observer)
  const { add, heard } = createAdder(batcher)
  add(frame(1, 1, 0), frame(2, 1, 1), frame(3, 1, 2), frame(4, 1, 1))
  await turns()
  assert.deepEqual(
    appends.map((append) => [append.partition, seqsOf(append)]),
    [
      [0, [1]],
      [1, [2, 4]],
      [2, [3]],
    ],
  )
  appends[1]!.resolve()
  add(frame(5, 1, 1), frame(6, 1, 0))
  await turns()
  assert.deepEqual(heard, ['2 at 1:0', '4 at 1:0'])
  assert.deepEqual([appends[3]!.partition, seqsOf(appends[3]!)], [1, [5]])
  let drained = false
  void batcher.drained().then(() => {
    drained = true
  })
  for (const n of [3, 2]) appends[n]!.resolve()
  await turns()
  assert.equal(drained, false)
  appends[0]!.resolve()
  await turns()
  appends[4]!.resolve()
  await turns()
  assert.equal(drained, true)
  assert.deepEqual(heard.slice(2), ['5 at 1:1', '3 at 2:0', '1 at 0:0', '6 at 0:1'])
})

test('under random loads and failures every ticket hears once, in order, and the log has what was accepted', async () => {
  const seed = chosenSeed()
  for (let round = 0; round < 20; round++) {
    const random = createRandom(seed + round)
    const { log, appends } = createHeldLog(3)
    const batcher = createBatcher(log, observer)
    const { add, heard } = createAdder(batcher)
    const logged: (number | undefined)[][] = [[], [], []]
    let settled = 0
    let seq = 0
    let failed = 0
    const settleOne = () => {
      const append = appends[settled++]!
      if (random() < 0.2) {
        failed += seqsOf(append).length
        append.reject(new Refusal('log_full'))
      } else {
        logged[append.partition]!.push(...seqsOf(append))
        append.resolve()
      }
    }
    while (seq < 300) {
      for (let n = whole(random, 0, 9); n > 0; n--)
        add(frame(seq++, random() < 0.02 ? 100_000 : 1, whole(random, 0, 2)))
      if (random() < 0.5) await turns(1)
      if (settled < appends.length && random() < 0.5) settleOne()
    }
    while (batcher.pendingBytes() > 0) {
      await turns(1)
      while (settled < appends.length) settleOne()
    }
    await batcher.drained()
    assert.equal(heard.length, seq, `round ${round}`)
    assert.equal(new Set(heard.map((line) => line.split(' ')[0])).size, seq)
    assert.equal(heard.filter((line) => line.endsWith('log_full')).length, failed)
    for (const seqs of logged)
      assert.deepEqual(
        seqs,
        [...seqs].sort((a, b) => a! - b!),
      )
    assert.equal(logged.flat().length, seq - failed)
  }
})

test('frames gather while a log that says so wants no record yet; after a lull nobody waits', async () => {
  const { log, appends } = createHeldLog()
  const paceMs = 60
  const batcher = createBatcher({ ...log, paceMs }, observer)
  const { add, heard } = createAdder(batcher)
  const startedMs = performance.now()
  add(frame(1))
  await setImmediate()
  assert.equal(appends.length, 1, 'the first goes at once')
  add(frame(2))
  appends[0]!.resolve()
  await setImmediate()
  await setImmediate()
  assert.deepEqual(heard, ['1 at 0:0'], 'acknowledgements do not wait')
  assert.equal(appends.length, 1)
  add(frame(3))
  while (appends.length === 1) await setImmediate()
  assert.ok(performance.now() - startedMs >= paceMs - 1)
  appends[1]!.resolve()
  await batcher.drained()
  assert.deepEqual(heard, ['1 at 0:0', '2 at 0:1', '3 at 0:1'])
  add(frame(4))
  await setImmediate()
  assert.equal(appends.length, 3, 'nothing came meanwhile, so this one goes at once')
  appends[2]!.resolve()
  await batcher.drained()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import { createOutput, inputOf, putText, putVarint, takeText, takeVarint } from '../bytes.ts'
import { expandBlock, randomBlock } from '../sink/blocks.fixture.ts'
import { randomUpdate } from '../sink/frames.fixture.ts'
import { readRecord } from './reader.ts'
import type { Block, FrameBody, MetricSet, RunName } from './record.ts'
import { clearRecord, createRecordWriter, putFrame, recordBytes } from './writer.ts'
import { recordOne } from './writer-one.fixture.ts'

const seed = chosenSeed()
const intern = (_key: string, names: () => string[]) => ({ names: names() })

test('varints of all sizes come back, each in as few bytes as it needs', () => {
  const sizes: [value: number, bytes: number][] = [
    [0, 1],
    [127, 1],
    [128, 2],
    [2 ** 14 - 1, 2],
    [2 ** 14, 3],
    [2 ** 31, 5],
    [2 ** 32 + 1, 5],
    [2 ** 49 - 1, 7],
    [Number.MAX_SAFE_INTEGER, 8],
  ]
  for (const [value, bytes] of sizes) {
    const output = createOutput(1)
    putVarint(output, value)
    assert.equal(output.at, bytes, `${value}`)
    assert.equal(takeVarint(inputOf(output.bytes.subarray(0, output.at))), value)
  }
})

test('texts of any script come back', () => {
  const output = createOutput(1)
  const texts = ['', 'a', '日本語 🎉', 'x'.repeat(70_000), '\0']
  for (const text of texts) putText(output, text)
  const input = inputOf(output.bytes.subarray(0, output.at))
  for (const text of texts) assert.equal(takeText(input), text)
  assert.equal(input.at, output.at)
})

type Sent = { run: RunName; receivedMs: number; body: FrameBody }

function randomSent(random: Random, runs: readonly RunName[], sets: readonly MetricSet[], receivedMs: number): Sent {
  const blocks = Array.from({ length: whole(random, 0, 3) }, () => {
    return randomBlock(random, {
      set: pick(random, sets),
      count: whole(random, 1, 9),
      firstStep: whole(random, -9, 9),
      timeMs: 5,
    })
  })
  const sequenced = random() < 0.5
  const body: FrameBody = {
    writer: sequenced ? pick(random, ['w', '日']) : undefined,
    seq: sequenced ? pick(random, [0, 300, Number.MAX_SAFE_INTEGER]) : undefined,
    update: random() < 0.3 ? randomUpdate(random, { manyEntries: false }) : undefined,
    blocks,
  }
  return { run: pick(random, runs), receivedMs, body }
}

/** Without what depends on where bytes lie. An update without params says the same as one with none. */
function plain(run: RunName, receivedMs: number, { writer, seq, update, blocks }: FrameBody) {
  const names = blocks.map(({ set, count, width }) => [set.names, count, width])
  return { project: run.project, run: run.run, receivedMs, writer, seq, update, names, points: blocks.map(expandBlock) }
}

test('records of random frames come back frame by frame, also from a writer that is used again and at an odd address', () => {
  const writer = createRecordWriter(1)
  for (let round = 0; round < 100; round++) {
    const random = createRandom(seed + round)
    const runs = Array.from({ length: 4 }, (_, i) => ({ project: pick(random, ['p', 'ü']), run: `r${i}` }))
    const sets = Array.from({ length: 4 }, (_, i) => ({ names: Array.from({ length: i + 1 }, (_, m) => `m${i}.${m}`) }))
    const start = whole(random, 0, 2e12)
    const sent = Array.from({ length: whole(random, 1, 30) }, (_, i) => randomSent(random, runs, sets, start + i * 7))
    clearRecord(writer)
    for (const { run, body, receivedMs } of sent) putFrame(writer, run, body, receivedMs)
    assert.equal(writer.frames, sent.length)
    assert.equal(
      writer.blocks,
      sent.reduce((sum, { body }) => sum + Math.max(1, body.blocks.length), 0),
    )
    const shifted = new Uint8Array(writer.output.at + 3)
    shifted.set(recordBytes(writer), 3)
    const frames = readRecord(shifted.subarray(3), intern)
    assert.deepEqual(
      frames.map((frame) => plain(frame.run, frame.receivedMs, frame)),
      sent.map(({ run, receivedMs, body }) => plain(run, receivedMs, body)),
      `round ${round}`,
    )
    // Each metric set is one object within a record.
    const objects = new Set(frames.flatMap(({ blocks }) => blocks.map(({ set }) => set)))
    assert.ok(objects.size <= sets.length)
  }
})

test('records of version 1 come back frame by frame', () => {
  for (let round = 0; round < 50; round++) {
    const random = createRandom(seed + round)
    const runs = Array.from({ length: 4 }, (_, i) => ({ project: pick(random, ['p', 'ü']), run: `r${i}` }))
    const sets = Array.from({ length: 4 }, (_, i) => ({ names: Array.from({ length: i + 1 }, (_, m) => `m${i}.${m}`) }))
    const start = whole(random, 0, 2e12)
    const sent = Array.from({ length: whole(random, 1, 30) }, (_, i) => randomSent(random, runs, sets, start + i * 7))
    assert.deepEqual(
      readRecord(recordOne(sent), intern).map((frame) => plain(frame.run, frame.receivedMs, frame)),
      sent.map(({ run, receivedMs, body }) => plain(run, receivedMs, body)),
      `round ${round}`,
    )
  }
})

test('every kind of steps and times comes back as it was, at the ends of their ranges too', () => {
  const writer = createRecordWriter()
  const set = { names: ['m'] }
  const times = [0, -1, -2_208_988_800_000, 10_413_791_999_999, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 0.5]
  const blocks = times.flatMap((time) =>
    [1, 3].flatMap((count) =>
      [0, 7].map((stride): Block => {
        const steps = { kind: 'range', start: time === 0.5 ? -3 : time, stride: Math.max(1, stride) } as const
        const values = new Uint8Array(count * 8).fill(count)
        return { set, count, steps, times: { kind: 'range', start: time, stride }, width: 8, values }
      }),
    ),
  )
  const body: FrameBody = { writer: undefined, seq: undefined, update: undefined, blocks }
  putFrame(writer, { project: 'p', run: 'r' }, body, 1_700_000_000_000.25)
  const [frame] = readRecord(recordBytes(writer), () => set)
  assert.deepEqual(frame!.blocks, blocks)
})

test('a run of many writers is named once for each of them', () => {
  const writer = createRecordWriter()
  const run = { project: 'p', run: 'r'.repeat(100) }
  const names = ['a', 'b', 'c', undefined]
  const sent = Array.from({ length: 40 }, (_, i) => ({ name: names[i % 4], seq: i % 4 === 3 ? undefined : i }))
  for (const { name, seq } of sent) putFrame(writer, run, { writer: name, seq, update: { name: 'x' }, blocks: [] }, 1)
  assert.ok(recordBytes(writer).length < 4 * 120 + 40 * 12)
  assert.deepEqual(
    readRecord(recordBytes(writer), intern).map((frame) => ({ name: frame.writer, seq: frame.seq })),
    sent,
  )
})

test('a clock that is set back within a record never makes a time before the first frame', () => {
  const writer = createRecordWriter()
  const body: FrameBody = { writer: undefined, seq: undefined, update: { name: 'x' }, blocks: [] }
  for (const receivedMs of [1_000, 900, 1_100]) putFrame(writer, { project: 'p', run: 'r' }, body, receivedMs)
  assert.deepEqual(
    readRecord(recordBytes(writer), intern).map(({ receivedMs }) => receivedMs),
    [1_000, 1_000, 1_100],
  )
})

test('a record cut short anywhere, or with one byte changed, is a RangeError or other frames, never a crash or a wait', () => {
  const random = createRandom(seed)
  const writer = createRecordWriter()
  const sets = [{ names: ['a', 'b'] }]
  for (let i = 0; i < 6; i++) {
    const { run, body } = randomSent(random, [{ project: 'p', run: 'r' }], sets, 1)
    putFrame(writer, run, body, 1)
  }
  const whole = Uint8Array.from(recordBytes(writer))
  const ends = new Set<number>()
  const attempt = (bytes: Uint8Array): number | undefined => {
    try {
      return readRecord(bytes, intern).length
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error))
      return undefined
    }
  }
  for (let length = 0; length < whole.length; length++)
    if (attempt(whole.subarray(0, length)) !== undefined) ends.add(length)
  // Only where a frame ends.
  assert.ok(ends.size <= 6, [...ends].join())
  for (let at = 0; at < whole.length; at++) {
    for (const flip of [1, 0x80, 0xff]) {
      const broken = Uint8Array.from(whole)
      broken[at]! ^= flip
      attempt(broken)
    }
  }
})

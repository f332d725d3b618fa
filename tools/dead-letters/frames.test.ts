/** Letters sent again, as the gateway reads them: its decoder is the oracle. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pack } from 'msgpackr'
import { decodeFrames, type Frame } from '../../ingest/gateway/frame.ts'
import { createNameRegistry } from '../../ingest/gateway/names.ts'
import type { Block, FrameBody, RecordFrame, Update } from '../../ingest/record/record.ts'
import { createRecordWriter, putFrame, recordBytes } from '../../ingest/record/writer.ts'
import { expandBlock, randomBlock } from '../../ingest/sink/blocks.fixture.ts'
import { randomUpdate } from '../../ingest/sink/frames.fixture.ts'
import { limits } from '../../schema/limits.ts'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import { frameOf, isReplayOf, replayBody } from './frames.ts'
import { Trouble } from './trouble.ts'

const seed = chosenSeed()
const letter = { partition: 3, offset: 17, block: 9, reason: 'sequence_horizon' } as const
const receivedMs = 1_700_000_000_123

function letterBytes(...frames: FrameBody[]): Uint8Array {
  const writer = createRecordWriter()
  for (const frame of frames) putFrame(writer, { project: 'p ü', run: 'r 🎉' }, frame, receivedMs)
  return recordBytes(writer)
}

const bodyOf = (parts: Partial<FrameBody>): FrameBody => {
  return { writer: undefined, seq: undefined, update: undefined, blocks: [], ...parts }
}

function decode(body: Uint8Array): Frame[] {
  const never = (index: number) => index
  return decodeFrames(Buffer.from(body), createNameRegistry(1), never)
}

/** Points by metric in the order of logging; those without a time of their own have that of the frame's arrival. */
function pointsOf(frames: readonly Pick<RecordFrame, 'blocks'>[]) {
  const byMetric = new Map<string, unknown[]>()
  for (const point of frames.flatMap(({ blocks }) => blocks.flatMap(expandBlock))) {
    const list = byMetric.get(point.metric) ?? []
    byMetric.set(point.metric, list)
    list.push([point.step, point.time ?? BigInt(receivedMs), point.bits])
  }
  return byMetric
}

const plainUpdate = ({ name, state, params, tags }: Update) => {
  return { name, state, params: [...(params ?? [])], tags: [...(tags ?? [])] }
}

function randomFrame(random: Random): FrameBody {
  const sets = Array.from({ length: 4 }, (_, i) => ({ names: Array.from({ length: i + 1 }, (_, m) => `m${i}.${m} ß`) }))
  const blocks = Array.from({ length: whole(random, 1, 6) }, () => {
    const count = pick(random, [1, 2, 30, 200])
    return randomBlock(random, { set: pick(random, sets), count, firstStep: whole(random, -9, 9), timeMs: 5 })
  })
  return bodyOf({ writer: 'w', seq: 5, blocks, update: { name: 'x', ...randomUpdate(random, { manyEntries: false }) } })
}

for (const frameBytes of [limits.frameBytes, 4_000, 2_300]) {
  test(`a letter sent again in frames of ${frameBytes} bytes has the same points bit for bit, in the same order`, () => {
    for (let round = 0; round < 200; round++) {
      const frame = randomFrame(createRandom(seed + round))
      const body = replayBody(letter, frameOf(letterBytes(frame)), frameBytes)
      const frames = decode(body)
      assert.deepEqual(pointsOf(frames), pointsOf([frame]), `round ${round}`)
      const updates = frames.flatMap(({ update }) => (update ? [plainUpdate(update)] : []))
      assert.deepEqual(updates, [plainUpdate(frame.update!)], `round ${round}`)
      for (const { run, seq } of frames.filter(({ blocks }) => blocks.length > 0)) {
        assert.deepEqual([run.project, run.run, seq], ['p ü', 'r 🎉', 17 * 65_536 + 9])
      }
      if (frameBytes === limits.frameBytes) assert.equal(frames.length, 1)
    }
  })
}

test('every piece has a writer of its own, the last one that of the state, and each is known as a replay of its letter alone', () => {
  const block: Block = {
    ...{ set: { names: ['a', 'b'] }, count: 1_000, width: 8, values: new Uint8Array(8 * 2_000), times: undefined },
    steps: { kind: 'range', start: 5, stride: 2 },
  }
  const frames = decode(replayBody(letter, frameOf(letterBytes(bodyOf({ blocks: [block] }))), 8_000))
  const main = 'dead-letter-3-sequence_horizon'
  assert.deepEqual(
    frames.map(({ writer }) => writer),
    [`${main}-1`, `${main}-2`, main],
  )
  for (const frame of frames) {
    const again = { ...frame, receivedMs }
    assert.ok(isReplayOf(letter, again))
    for (const other of [
      { ...letter, block: 10 },
      { ...letter, partition: 30 },
      { ...letter, reason: 'too_many_metrics' as const },
    ]) {
      assert.ok(!isReplayOf(other, again))
    }
  }
  assert.ok(!isReplayOf(letter, frameOf(letterBytes(bodyOf({ blocks: [block] })))))
})

/** What a client's frame of rows becomes when it is a letter and is sent again. */
function sentAgain(frame: object): { bytes: number; frames: Frame[]; original: Frame } {
  const packed = pack(frame)
  assert.ok(packed.length <= limits.frameBytes, `${packed.length} bytes`)
  const [original] = decode(packed)
  const body = replayBody(letter, frameOf(letterBytes(original!)))
  assert.ok(body.length <= limits.bodyBytes)
  const frames = decode(body)
  for (const { loggedBytes } of frames) assert.ok(loggedBytes <= limits.frameLoggedBytes)
  return { bytes: body.length, frames, original: original! }
}

test('rows of small numbers, which are larger as columns than one frame may be, are sent as several', () => {
  const metrics = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`m${i}`, i]))
  const log = Array.from({ length: 1_900 }, (_, step) => ({ step, metrics }))
  const { bytes, frames, original } = sentAgain({ project: 'p', run: 'r', log })
  assert.ok(bytes > limits.frameBytes)
  assert.ok(frames.length > 1)
  assert.deepEqual(pointsOf(frames), pointsOf([original]))
})

test('more metric sets than a request may define are defined one after the other', () => {
  const log = Array.from({ length: 12_000 }, (_, i) => ({
    step: i,
    metrics: { [`a${i % 100}`]: 1, [`b${i % 97}`]: 2, c: -0 },
  }))
  const { frames, original } = sentAgain({ project: 'p', run: 'r', log })
  assert.ok(new Set(original.blocks.map(({ set }) => set)).size > limits.setsPerConnection)
  assert.deepEqual(pointsOf(frames), pointsOf([original]))
})

test('more metric names than a request may define are defined one after the other', () => {
  const names = Array.from({ length: 3_000 }, (_, i) => `${i}`)
  const log = Array.from({ length: 50 }, (_, step) => {
    return { step, metrics: Object.fromEntries(names.filter((_, i) => i % 51 !== step).map((name) => [name, 1])) }
  })
  const { frames, original } = sentAgain({ project: 'p', run: 'r', log })
  assert.deepEqual(pointsOf(frames), pointsOf([original]))
})

test('frames that say next to nothing are sent again as such', () => {
  const nothing = decode(replayBody(letter, frameOf(letterBytes(bodyOf({})))))
  assert.deepEqual([nothing.length, nothing[0]!.blocks, nothing[0]!.update], [1, [], undefined])
  assert.equal(nothing[0]!.writer, 'dead-letter-3-sequence_horizon')
  const noParams = decode(replayBody(letter, frameOf(letterBytes(bodyOf({ update: { params: new Map() } })))))
  assert.deepEqual(noParams[0]!.update, { params: new Map() })
})

test('params of every kind come back as they are', () => {
  const numbers = [
    0,
    -0,
    1,
    -1,
    -33,
    127,
    128,
    -32_768,
    32_767,
    2 ** 31,
    -(2 ** 31),
    Number.MAX_SAFE_INTEGER,
    2 ** 60,
    0.1,
  ]
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324]
  const params = new Map(
    [...numbers, ...odd, true, false, null, '', 'ü'.repeat(8_000)].map((value, i) => [`k${i}`, value]),
  )
  const [frame] = decode(replayBody(letter, frameOf(letterBytes(bodyOf({ update: { params } })))))
  for (const [key, value] of params) assert.ok(Object.is(frame!.update!.params!.get(key), value), `${key} ${value}`)
})

test('bytes that are no record of one frame are named, not thrown about', () => {
  const whole = letterBytes(bodyOf({ update: { name: 'x' } }))
  for (const bytes of [new Uint8Array(0), Uint8Array.of(2), whole.subarray(0, 20)]) {
    assert.throws(() => frameOf(bytes), Trouble)
  }
  assert.throws(() => frameOf(letterBytes(bodyOf({}), bodyOf({}))), /holds 2 frames/)
})

/**
 * Mutates valid frames of every form and holds that the edge decoder either refuses by name or returns a frame whose record
 * keeps the same points. `npm run fuzz -- COUNT SEED`; both are optional.
 */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { pack } from 'msgpackr'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { createRandom, type Random } from '../../test/random.ts'
import { readRecord } from '../record/reader.ts'
import type { Block, FrameBody, Integers } from '../record/record.ts'
import { clearRecord, createRecordWriter, putFrame, recordBytes } from '../record/writer.ts'
import { createColumnFrameReader } from './column-frame.ts'
import { createConnectionSets, releaseConnectionSets } from './connection-sets.ts'
import { decodeFrame, decodeFrames, type Frame } from './frame.ts'
import { createNameRegistry } from './names.ts'

export type FuzzResult = { readonly valid: number; readonly refused: ReadonlyMap<string, number> }

/** Largest growth of the heap and of buffers over one frame that the decoder may cause: many times the largest input here. */
const growthBytes = 32 * 1024 * 1024

const int64 = (...values: number[]) => Buffer.from(BigInt64Array.from(values, BigInt).buffer)
const float64 = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer)
const float32 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer)
const base = { project: 'p', run: 'r1' }
const sets = [[0, ['loss', 'acc']]]

/** Frames in columns as fast clients send them, which have a way of their own. */
function columnSeeds(): Buffer[] {
  const head = { ...base, writer: 'w', seq: 7 }
  const values = float64(0.5, Number.NaN)
  const frames: unknown[] = [
    { ...head, cols: [[0, 1000, 1_700_000_000_000n, values]] },
    { v: 1, ...base, seq: 2 ** 40, cols: [[0, [1000, 1, 2], [1_700_000_000_000, 20], float64(1, 2, 3, 4)]] },
    { cols: [[0, [5, 300, 200], null, Buffer.alloc(2 * 200 * 8, 1)]], run: 'r1', seq: 300n, writer: 'w', project: 'p' },
    { ...head, cols: [[0, 70_000, [99, 0], float32(1, 2)]] },
    { ...base, cols: [[0, [Number.MAX_SAFE_INTEGER - 1, 1, 2], 200, float32(1, 2, 3, 4)]] },
  ]
  return frames.map((frame) => Buffer.from(pack(frame)))
}

/** Valid frames, one of every form. */
function seeds(): Buffer[] {
  const names = Array.from({ length: 40 }, (_, i) => `layer${i}/norm`)
  const frames: unknown[] = [
    { ...base, log: [{ step: 1, metrics: { loss: 0.5, acc: 0.9 } }] },
    { v: 1, ...base, writer: 'w', seq: 7, log: [{ step: -3, time: 1_700_000_000_000, metrics: { loss: Number.NaN } }] },
    {
      ...base,
      log: Array.from({ length: 20 }, (_, i) => ({ step: i, metrics: i % 2 ? { a: i, b: 1e300 } : { a: -i } })),
    },
    {
      ...base,
      log: [
        { step: Number.MAX_SAFE_INTEGER, metrics: { é模: 1 } },
        { step: 0, metrics: {} },
      ],
    },
    {
      ...base,
      seq: 2 ** 40,
      sets,
      cols: [[0, [1000, 1, 4], [1_700_000_000_000, 20], float64(1, 2, 3, 4, 5, 6, 7, 8)]],
    },
    {
      ...base,
      sets,
      cols: [
        [0, 5, null, float64(0.5, -0)],
        [0, 6, 99, float32(0.5, 1)],
      ],
    },
    { ...base, sets, cols: [[0, int64(-5, 9, 2 ** 40), int64(1, -1, 0), float32(1, 2, 3, 4, 5, 6)]] },
    { ...base, sets: [[65_535, names]], cols: [[65_535, 3, null, float64(...names.keys())]] },
    {
      ...base,
      log: [{ step: 1, metrics: { a: 1 } }],
      sets,
      cols: [[0, 2, null, float64(1, 2)]],
      update: { state: 'failed' },
    },
    {
      ...{ ...base, writer: 'w', seq: 0 },
      update: {
        ...{ name: 'a run', state: 'running', tags: { team: 'vision', gone: null } },
        params: { lr: 0.1, n: 3, big: 2 ** 40, on: true, off: false, opt: 'adam', none: null },
      },
    },
    { ...base, sets },
  ]
  return frames.map((frame) => Buffer.from(pack(frame)))
}

/** Type bytes and lengths where decoders go wrong. */
const telling = [0x00, 0x01, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xff].concat(
  Array.from({ length: 0x1c }, (_, i) => 0xc4 + i),
)

type Mutation = (bytes: Buffer, random: Random, corpus: readonly Buffer[]) => Buffer
const at = (random: Random, bytes: Buffer) => Math.floor(random() * bytes.length)
const cut = (bytes: Buffer, from: number, to: number, middle: Uint8Array) =>
  Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)])

const mutations: Record<string, Mutation> = {
  flipBit(bytes, random) {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[at(random, copy)]! ^= 1 << Math.floor(random() * 8)
    return copy
  },
  truncate: (bytes, random) => bytes.subarray(0, at(random, bytes)),
  editType(bytes, random) {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[at(random, copy)] = telling[Math.floor(random() * telling.length)]!
    return copy
  },
  /** A length of 1, 2 or 4 bytes becomes a tiny, a wrong or a huge one. */
  editLength(bytes, random) {
    const copy = Buffer.from(bytes)
    const width = [1, 2, 4][Math.floor(random() * 3)]!
    if (copy.length < width) return copy
    const largest = 2 ** (8 * width) - 1
    const length = [0, 1, largest, largest >>> 1, bytes.length, bytes.length + 1, Math.floor(random() * largest)]
    const chosen = Math.min(length[Math.floor(random() * length.length)]!, largest)
    copy.writeUIntBE(chosen, Math.floor(random() * (copy.length - width + 1)), width)
    return copy
  },
  duplicate(bytes, random) {
    const [from, to] = [at(random, bytes), at(random, bytes)].sort((a, b) => a - b) as [number, number]
    return cut(bytes, to, to, bytes.subarray(from, to))
  },
  remove(bytes, random) {
    const from = at(random, bytes)
    return cut(bytes, from, Math.min(bytes.length, from + 1 + Math.floor(random() * 9)), Buffer.alloc(0))
  },
  insert(bytes, random) {
    const from = at(random, bytes)
    const noise = Uint8Array.from({ length: 1 + Math.floor(random() * 9) }, () => random() * 256)
    return cut(bytes, from, from, noise)
  },
  splice(bytes, random, corpus) {
    const other = corpus[Math.floor(random() * corpus.length)]!
    return Buffer.concat([bytes.subarray(0, at(random, bytes)), other.subarray(at(random, other))])
  },
}
const kinds = Object.values(mutations)

/** Half of the inputs have one fault, which reaches deep; the others up to four. */
function mutate(random: Random, corpus: readonly Buffer[]): Buffer {
  let bytes = corpus[Math.floor(random() * corpus.length)]!
  for (let more = random() < 0.5 ? 1 : 1 + Math.floor(random() * 4); more > 0; more--) {
    bytes = kinds[Math.floor(random() * kinds.length)]!(bytes, random, corpus)
  }
  return bytes.length > limits.frameBytes ? bytes.subarray(0, limits.frameBytes) : bytes
}

/** @throws AssertionError naming seed and round when the decoder breaks its promise */
export function fuzzFrames(count: number, seed: number): FuzzResult {
  const random = createRandom(seed)
  const corpus = seeds()
  const names = createNameRegistry(4)
  const refused = new Map<string, number>()
  let valid = 0
  for (let round = 0; round < count; round++) {
    const bytes = mutate(random, corpus)
    const connection = createConnectionSets()
    const asList = random() < 0.1
    const before = memoryBytes()
    try {
      const frames = asList ? decodeFrames(bytes, names, () => {}) : [decodeFrame(bytes, names, connection)]
      for (const frame of frames) checkRecord(frame)
      valid++
    } catch (error) {
      const context = `seed ${seed}, round ${round}: ${bytes.toString('base64')}`
      if (!(error instanceof Refusal)) throw new Error(`not a refusal; ${context}`, { cause: error })
      refused.set(error.code, (refused.get(error.code) ?? 0) + 1)
    }
    releaseConnectionSets(connection, names)
    const growth = memoryBytes() - before
    assert.ok(growth < growthBytes, `${growth} bytes grown, seed ${seed}, round ${round}: ${bytes.toString('base64')}`)
  }
  assert.equal(names.definedNames, 0)
  return { valid, refused }
}

/**
 * Mutates frames in columns on a connection that knows their run, set and writer, and holds that what the fast way reads is what the
 * plain one does, and that it reads every frame that is valid and of its form.
 */
export function fuzzColumnFrames(count: number, seed: number): { readonly fast: number; readonly plain: number } {
  const random = createRandom(seed)
  const corpus = columnSeeds()
  const names = createNameRegistry(4)
  const connection = createConnectionSets()
  const columns = createColumnFrameReader(names)
  const opening = pack({ ...base, writer: 'w', seq: 0, sets, cols: [[0, 1, null, float64(1, 2)]] })
  const sent = { fast: 0, plain: 0 }
  for (let round = 0; round < count; round++) {
    const bytes = round < corpus.length ? corpus[round]! : Buffer.from(mutate(random, corpus))
    decodeFrame(Buffer.from(opening), names, connection)
    const fast = columns.read(bytes, connection)
    const fastRecord = fast && recordOf(fast)
    const context = `seed ${seed}, round ${round}: ${bytes.toString('base64')}`
    if (round < corpus.length) assert.ok(fast, `a frame of the corpus is read the plain way; ${context}`)
    try {
      const plainly = decodeFrame(Buffer.from(bytes), names, connection)
      sent.plain++
      if (fastRecord === undefined || fast === undefined) continue
      sent.fast++
      assert.deepEqual(fastRecord, recordOf(plainly), context)
      assert.deepEqual(
        [fast.points, fast.loggedBytes, fast.seq, fast.run],
        [plainly.points, plainly.loggedBytes, plainly.seq, plainly.run],
        context,
      )
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      assert.equal(fast, undefined, `the fast way reads what is refused with ${error.code}; ${context}`)
    }
  }
  return sent
}

/** Mutates frames of rows whose metrics are known by their bytes, and holds that they are read as if they were not. */
export function fuzzRows(count: number, seed: number): { readonly valid: number; readonly known: number } {
  const random = createRandom(seed)
  const metrics = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`layer${i % 7}/${'n'.repeat(i * 3)}é`, i]))
  const rows = [0, 1, 2].map((step) => ({ step, metrics: step === 1 ? { loss: 0.5, acc: Number.NaN } : metrics }))
  const corpus = rows.map((row) => Buffer.from(pack({ ...base, log: [row, { ...row, step: 9, time: 7 }] })))
  const names = createNameRegistry(1)
  let known = 0
  const counting = { ...names.layouts }
  const warm = {
    ...names,
    layouts: {
      ...counting,
      read(...row: Parameters<typeof counting.read>) {
        const set = counting.read(...row)
        if (set !== undefined) known++
        return set
      },
    },
  }
  const cold = { ...createNameRegistry(1), layouts: { read: () => undefined, remember() {} } }
  let valid = 0
  for (let round = 0; round < count; round++) {
    const bytes = Buffer.from(mutate(random, corpus))
    decodeFrame(Buffer.from(corpus[round % corpus.length]!), warm, createConnectionSets())
    const [one, other] = [warm, cold].map((registry) => {
      try {
        return recordOf(decodeFrame(Buffer.from(bytes), registry, createConnectionSets()))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        return error.code
      }
    })
    assert.deepEqual(one, other, `seed ${seed}, round ${round}: ${bytes.toString('base64')}`)
    if (typeof one !== 'string') valid++
  }
  return { valid, known }
}

function recordOf(frame: Frame): Buffer {
  clearRecord(writer)
  putFrame(writer, frame.run, frame, 1_700_000_000_000)
  return Buffer.from(recordBytes(writer))
}

const memoryBytes = () => {
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

const writer = createRecordWriter()

/** The frame's record gives back the frame. */
function checkRecord(frame: Frame): void {
  clearRecord(writer)
  putFrame(writer, frame.run, frame, 1_700_000_000_000)
  const list = readRecord(recordBytes(writer), (_, names) => ({ names: names() }))
  assert.equal(list.length, 1)
  const again = list[0]!
  assert.deepEqual([again.run.project, again.run.run], [frame.run.project, frame.run.run])
  const sequenced = frame.writer !== undefined
  assert.deepEqual([again.writer, again.seq], sequenced ? [frame.writer, frame.seq] : [undefined, undefined])
  assert.deepEqual(again.update, withoutEmpty(frame.update))
  assert.deepEqual(again.blocks.map(plain), frame.blocks.map(plain))
  const points = again.blocks.reduce((sum, block) => sum + block.set.names.length * block.count, 0)
  assert.equal(points, frame.points)
}

/** An empty map of params or tags changes nothing, and a record does not keep it. */
function withoutEmpty(update: FrameBody['update']): unknown {
  if (!update) return undefined
  const kept = Object.entries(update).filter(([, value]) => !(value instanceof Map && value.size === 0))
  return Object.fromEntries(kept)
}

function plain(block: Block): unknown {
  const { set, count, steps, times, width, values } = block
  // A count that the steps do not have would read beyond them.
  assert.ok(count >= 1 && values.length === set.names.length * count * width)
  checkSteps(steps, count)
  const bytes = Buffer.from(values).toString('latin1')
  return { names: set.names, count, steps: plainIntegers(steps), times: times && plainIntegers(times), width, bytes }
}

const plainIntegers = (integers: Integers) =>
  integers.kind === 'range' ? integers : Buffer.from(integers.bytes).toString('latin1')

function checkSteps(steps: Integers, count: number): void {
  if (steps.kind === 'range') {
    const last = BigInt(steps.start) + BigInt(steps.stride) * BigInt(count - 1)
    assert.ok(steps.stride >= 1 && Number.isSafeInteger(steps.start) && last <= BigInt(limits.stepMagnitude))
    return
  }
  assert.equal(steps.bytes.length, count * 8)
  let previous: bigint | undefined
  const bytes = Buffer.from(steps.bytes)
  for (let i = 0; i < count; i++) {
    const step = bytes.readBigInt64LE(i * 8)
    const magnitude = BigInt(limits.stepMagnitude)
    assert.ok(step >= -magnitude && step <= magnitude && (previous === undefined || step > previous))
    previous = step
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const count = Number(process.argv[2] ?? 1_000_000)
  const seed = Number(process.argv[3] ?? Math.floor(Math.random() * 2 ** 31))
  console.log(`${count} mutated frames, seed ${seed}`)
  const { valid, refused } = fuzzFrames(count, seed)
  console.log(`valid ${valid}`)
  fuzzRows(count, seed)
  const { fast, plain } = fuzzColumnFrames(count, seed)
  console.log(`in columns: ${plain} valid, ${fast} of them read the fast way`)
  for (const [code, times] of [...refused].sort((a, b) => b[1] - a[1])) console.log(`${code} ${times}`)
}

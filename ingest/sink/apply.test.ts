import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../schema/limits.ts'
import { readRecord } from '../record/reader.ts'
import type { FrameBody } from '../record/record.ts'
import { createRecordWriter, putFrame, recordBytes } from '../record/writer.ts'
import { list, range } from './blocks.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { deadLetterRows } from './rows.ts'
import { createRun } from './runs.ts'
import { seriesInUse } from './series-table.ts'
import { applyRecord, createBatch, createSinkState, ensureRuns, evictIdle, parseRecord } from './state.ts'

// Limits small enough to meet; each test file is a process of its own.
Object.assign(limits, { metricsPerRun: 3, writersPerRun: 2, entriesPerRun: 2 })

const name = { project: 'p', run: 'r' }
const points = (...names: string[]): FrameBody['blocks'] => [
  {
    ...{ set: { names }, count: 1, steps: range(1, 1), times: list([5]), width: 8 },
    values: new Uint8Array(names.length * 8),
  },
]
const params = (...keys: string[]) => ({ params: new Map(keys.map((key) => [key, 1])) })
const body = (more: Partial<FrameBody>): FrameBody => ({
  ...{ writer: undefined, seq: undefined, update: undefined, blocks: [] },
  ...more,
})
const numbered = (writer: string, seq: number) => body({ writer, seq, blocks: points('a') })

/** Applies records of frames of one run, as a sink that begins with an empty store. */
async function apply(...records: FrameBody[][]) {
  const state = createSinkState()
  const batch = createBatch()
  const counts = { stored: { value: 0 }, duplicate: { value: 0 }, covered: { value: 0 }, dead: { value: 0 } }
  async function applyNext(frames: FrameBody[]) {
    const writer = createRecordWriter()
    for (const frame of frames) putFrame(writer, name, frame, 1_000)
    const record = parseRecord(state, state.applied + 1, recordBytes(writer))
    await ensureRuns(state, createMemoryStore().reader, [record])
    applyRecord(state, batch, record, counts)
  }
  for (const frames of records) await applyNext(frames)
  return { state, batch, counts, applyNext, run: [...state.runs.values()][0]! }
}

test('a frame that goes to the dead letters leaves nothing of itself but the count', async () => {
  const cases: [reason: string, frame: FrameBody][] = [
    ['too_many_metrics', body({ blocks: points('b', 'c', 'd'), update: { name: 'x', ...params('k') } })],
  ]
  for (const [reason, frame] of cases) {
    const { batch, run, state } = await apply([body({ blocks: points('a') })], [frame])
    assert.deepEqual(
      batch.deadLetters.map((letter) => [letter.reason, letter.offset, letter.block]),
      [[reason, 1, 0]],
    )
    assert.deepEqual([batch.points.rows, run.points, run.frames, run.list.names], [1, 1, 2, ['a']])
    assert.deepEqual([run.metadata.name, run.metadata.params.size, seriesInUse(state.table)], ['', 0, 1])
  }
})

test('an update with too many entries goes to the dead letters alone; the points of its frame are stored', async () => {
  const frame = body({ blocks: points('b'), update: { name: 'x', ...params('k', 'l', 'm') } })
  const { batch, run, counts } = await apply([frame])
  assert.deepEqual([batch.points.rows, run.points, run.list.names, counts.stored.value], [1, 1, ['b'], 1])
  assert.deepEqual([run.metadata.name, run.metadata.params.size], ['', 0])
  const [letter] = batch.deadLetters
  assert.equal(letter?.reason, 'too_many_entries')
  const [again] = readRecord(letter!.frame, (_, names) => ({ names: names() }))
  assert.deepEqual([again!.update, again!.blocks], [frame.update, []])
})

test('a dead letter holds the frame as a record that can be read again', async () => {
  const frame = body({ writer: 'w', seq: 7, blocks: points('b', 'c', 'd'), update: { name: 'x' } })
  const { batch } = await apply([body({ blocks: points('a') }), frame])
  const [again] = readRecord(batch.deadLetters[0]!.frame, (_, names) => ({ names: names() }))
  assert.deepEqual(again!.run, name)
  assert.deepEqual([again!.writer, again!.seq, again!.update, again!.receivedMs], ['w', 7, { name: 'x' }, 1_000])
  assert.deepEqual(again!.blocks[0]!.set.names, ['b', 'c', 'd'])
})

test('of more writers than a run remembers, the one that was silent longest is forgotten', async () => {
  const { counts, run } = await apply(
    [numbered('first', 0), numbered('second', 0), numbered('first', 1)],
    [numbered('third', 0), numbered('first', 1), numbered('first', 0)],
  )
  assert.deepEqual([...run.writers.keys()], ['third', 'first'])
  assert.deepEqual([counts.stored.value, counts.duplicate.value], [4, 2])
})

test('a run leaves memory only when all it has is in the store', async () => {
  const cases: [what: string, dirty: boolean, touched: number, flushed: number, evicted: number][] = [
    ['stored', false, 7, 7, 1],
    ['not flushed since it changed', true, 7, 7, 0],
    ['being flushed', false, 8, 7, 0],
  ]
  for (const [what, dirty, touched, flushed, evicted] of cases) {
    const state = createSinkState()
    const run = Object.assign(createRun('p', 'r'), { dirty, touched, slots: [1, 2] })
    state.table.top = 3
    state.runs.set('p\0r', run)
    assert.equal(evictIdle(state, 1, flushed), evicted, what)
    assert.deepEqual([state.runs.size, state.table.free.length], [1 - evicted, 2 * evicted])
  }
})

test('a run that comes back is what the store has of it, not what left memory; it takes slots that follow one on the other', async () => {
  const { state, run, applyNext } = await apply([numbered('w', 0)], [body({ blocks: points('a', 'b', 'c') })])
  run.dirty = false
  assert.equal(evictIdle(state, 0, 1), 1)
  await applyNext([body({ blocks: points('a', 'b', 'c') })])
  const back = state.runs.get('p\0r')!
  assert.notEqual(back, run)
  assert.deepEqual([run.frames, back.frames, back.points, seriesInUse(state.table)], [2, 1, 3, 3])
  assert.deepEqual(
    [...back.sets.values()].map(({ firstSlot }) => firstSlot),
    [1],
  )
})

test('each dead letter of a record has a place of its own', async () => {
  const tooMany = body({ update: params('k', 'l', 'm') })
  const { batch } = await apply([tooMany, tooMany, body({ blocks: points('a', 'b', 'c', 'd') })])
  assert.equal(batch.deadLetters.length, 3)
  const store = createMemoryStore()
  const { table, rows, columns } = deadLetterRows(0, batch.deadLetters)
  store.insertBlock(table, rows, columns)
  assert.equal(store.tables.dead_letters!.size, 3)
})

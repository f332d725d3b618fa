import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StoreReader, Watermark } from '../schema/store.ts'
import { until } from '../test/harness.ts'
import { createAsker, createTestWatermark } from './fixture.ts'

const plain = '{ projects { nodes { name } } }'
const waits = '{ projects(at: "later") { nodes { name } } }'
const waitsAndReads = '{ projects(at: "later") { nodes { name } } now: projects { nodes { name } } }'

/** Opens once for all. */
function createGate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** A store that counts its reads, which end when `reads` opens, and a log whose writes come when `writes` does. */
function createWorld({ atOnce = 2, waiting = 3 } = {}) {
  const [reads, writes] = [createGate(), createGate()]
  const counts = { running: 0, most: 0, all: 0 }
  const reader: StoreReader = {
    rows: async () => [],
    async columns() {
      counts.all++
      counts.most = Math.max(counts.most, ++counts.running)
      await reads.opened
      counts.running--
      return { rows: 0, columns: new Map() }
    },
  }
  const watermark: Watermark = { ...createTestWatermark(), reached: () => writes.opened }
  const asker = createAsker(reader, { watermark, settings: { operationsAtOnce: atOnce, operationsWaiting: waiting } })
  return { ...asker, reads, writes, counts }
}

/** Longer than an operation keeps a place in which it does nothing. */
const rest = () => sleep(60)

test('questions that wait for a write do not hold up others', async () => {
  const { ask, reads, writes, counts } = createWorld()
  reads.open()
  const resting = [ask(waits), ask(waits)]
  assert.deepEqual((await ask(plain)).errors, [])
  assert.equal(counts.all, 1)
  writes.open()
  for (const answer of await Promise.all(resting)) assert.deepEqual(answer.errors, [])
  assert.equal(counts.all, 3)
})

test('those that have waited for a write are among those that may run at once', async () => {
  const { ask, reads, writes, counts } = createWorld({ waiting: 5 })
  const asked = [ask(waits), ask(waits), ask(waits)]
  await rest()
  asked.push(ask(plain), ask(plain))
  await until('2 reads have begun', () => counts.all === 2)
  writes.open()
  await rest()
  assert.equal(counts.all, 2)
  reads.open()
  for (const answer of await Promise.all(asked)) assert.deepEqual(answer.errors, [])
  assert.deepEqual(counts, { running: 0, most: 2, all: 5 })
})

test('an operation that reads beside what it waits for keeps its place until it has read', async () => {
  const { ask, reads, writes, counts } = createWorld({ waiting: 5 })
  const asked = Array.from({ length: 3 }, () => ask(waitsAndReads))
  await until('2 reads have begun', () => counts.all === 2)
  await rest()
  assert.equal(counts.all, 2)
  reads.open()
  // Two rest now, though no write has come; the third, which has read too, keeps its place.
  await until('3 reads have begun', () => counts.all === 3)
  assert.deepEqual((await ask(plain)).errors, [])
  writes.open()
  for (const answer of await Promise.all(asked)) assert.deepEqual(answer.errors, [])
  assert.equal(counts.most, 2)
})

test('of those that wait for a write there is a bounded number, and others are answered nevertheless', async () => {
  const { ask, reads, writes } = createWorld({ waiting: 3 })
  reads.open()
  const resting: ReturnType<typeof ask>[] = []
  for (let i = 0; i < 3; i++) {
    resting.push(ask(waits))
    await rest()
  }
  const refused = await ask(waits)
  assert.deepEqual(refused.errors[0]!.extensions, { code: 'BUSY', retryable: true })
  assert.deepEqual((await ask(plain)).errors, [])
  writes.open()
  for (const answer of await Promise.all(resting)) assert.deepEqual(answer.errors, [])
})

test('who has waited for a write goes on before those that came later', async () => {
  const { ask, reads, writes, counts } = createWorld({ atOnce: 1, waiting: 3 })
  const done: string[] = []
  const note = (name: string) => () => void done.push(name)
  const first = ask(waits).then(note('first'))
  await rest()
  const others = [ask(plain).then(note('second')), ask(plain).then(note('third'))]
  await until('1 reads have begun', () => counts.all === 1)
  writes.open()
  await rest()
  reads.open()
  await Promise.all([first, ...others])
  assert.deepEqual(done, ['second', 'first', 'third'])
})

test('places of clients that go away while they wait are free again', async () => {
  const { server, ask, reads, writes, counts } = createWorld()
  const leave = new AbortController()
  const headers = { 'content-type': 'application/json' }
  const gone = Array.from({ length: 3 }, () => {
    const request = { method: 'POST', headers, body: JSON.stringify({ query: waits }), signal: leave.signal }
    return server.handle(new Request('http://test/graphql', request))
  })
  await rest()
  // Two take the places, so that those who come back wait for theirs.
  const asked = [ask(plain), ask(plain)]
  await until('2 reads have begun', () => counts.all === 2)
  writes.open()
  await rest()
  leave.abort()
  await Promise.allSettled(gone)
  reads.open()
  for (const answer of await Promise.all(asked)) assert.deepEqual(answer.errors, [])
  const next = await Promise.all(Array.from({ length: 5 }, () => ask(plain)))
  assert.deepEqual(
    next.map(({ errors }) => errors),
    [[], [], [], [], []],
  )
  assert.equal(counts.most, 2)
  assert.equal(counts.all, 7)
})

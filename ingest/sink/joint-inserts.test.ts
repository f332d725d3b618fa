/** What becomes of points that partitions of one process put into the store together, when one of the partitions goes to another reader meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { until } from '../../test/harness.ts'
import { chosenSeed, createRandom } from '../../test/random.ts'
import { deferred } from '../deferred.fixture.ts'
import type { LogPartition } from '../log/log.ts'
import { randomBlock } from './blocks.fixture.ts'
import { createColumnsPool } from './columns-pool.ts'
import { contentsOfMemory } from './contents.fixture.ts'
import type { Outcome, Passenger } from './joint-block.ts'
import { createJointInserts } from './joint-inserts.ts'
import { createLife, type Life } from './life.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { createSinkObserver } from './observer.ts'
import { createSink } from './pipeline.ts'
import { appendPoints, createPointsBatch } from './points.ts'
import { assertSame } from './same.fixture.ts'
import { defaultSinkSettings } from './settings.ts'
import { createSharedParts } from './shared-parts.ts'
import type { Sink, SinkParts } from './sink.ts'
import { createSinkSet } from './sink-set.ts'
import { contentsOfWorld, createWorldLog } from './world.fixture.ts'

const random = createRandom(chosenSeed())
const observe = createSinkObserver(new Metrics())
const logger = createLogger('silent')
const set = createSinkSet(['a', 'b', 'c'])

type Insert = SinkParts['store']['insertBlock']
const isJoint = (token: string | undefined) => token?.includes(':joint:') ?? false

/** Points of some runs, a step of each. */
function batchOf(keys: readonly bigint[]) {
  const batch = createPointsBatch()
  for (const key of keys) {
    const block = randomBlock(random, { set, count: 1, firstStep: 1, timeMs: 1_000 })
    appendPoints(batch, { key, filling: 0, numberInFilling: 0 }, set, block, 1_000, 7)
  }
  return batch
}

function passenger(keys: readonly bigint[], more: Partial<Passenger> = {}): Passenger {
  const partition = { log: 'log', held: () => true } as LogPartition
  return { points: batchOf(keys), partition, leaves: () => false, prove: async () => {}, ...more }
}

function createJoint(insertBlock: Insert, mostRows = 1_000) {
  const store = { sinkReader: createMemoryStore().reader, insertBlock }
  return createJointInserts({ store, observe, logger, columns: createColumnsPool(), mostRows, name: () => 'one' })
}

test('points of several partitions are one block, in the order of the key; those of one go by themselves', async () => {
  const sent: { token: string | undefined; runs: bigint[] }[] = []
  const memory = createMemoryStore()
  const joint = createJoint(async (table, rows, columns, token) => {
    memory.insertBlock(table, rows, columns, token)
    sent.push({ token, runs: memory.points.map(({ run }) => run as bigint) })
  })
  const places = [joint.board(9), joint.board(9)]
  const keys = [
    [2n ** 63n, 5n * 2n ** 40n, 300n],
    [2n ** 63n + 1n, 2n ** 40n, 301n],
  ]
  const outcomes = await Promise.all(places.map((place, i) => place.insert(passenger(keys[i]!))))
  for (const place of places) place.leave()
  assert.deepEqual(outcomes, ['stored', 'stored'])
  const sorted = keys.flat().sort((a, b) => (a < b ? -1 : 1))
  assert.deepEqual(sent, [{ token: 'log:joint:one', runs: sorted.flatMap((key) => [key, key, key]) }])

  const alone = joint.board(9)
  assert.equal(await alone.insert(passenger([7n])), 'unsent')
  alone.leave()
  assert.equal(sent.length, 1)
})

test('whoever has points is called along when a block begins to board, until it has no room', async () => {
  const joint = createJoint(async () => {}, 100)
  let calls = 0
  const unfollow = joint.follow(() => {
    calls++
  })
  const places = [joint.board(60), joint.board(60), joint.board(60)]
  assert.deepEqual(
    places.map((place) => place.joint),
    ['one', 'one', 'one'],
  )
  assert.equal(calls, 2, 'the third did not fit')
  unfollow()
  joint.board(60)
  joint.board(60)
  assert.equal(calls, 2)
})

test('a block that had to wait for another takes those along that were in that one', async () => {
  const sent: number[] = []
  const stored = deferred()
  const joint = createJoint(async (_, rows) => {
    sent.push(rows)
    await stored.promise
  })
  const first = [joint.board(9), joint.board(9)]
  const inFirst = Promise.all(first.map((place, i) => place.insert(passenger([BigInt(i)]))))
  const late = joint.board(9)
  const outcome = late.insert(passenger([9n])).finally(late.leave)
  let along: Promise<Outcome> | undefined
  joint.follow(() => {
    const place = joint.board(9)
    along ??= place.insert(passenger([1n])).finally(place.leave)
  })
  stored.resolve()
  assert.deepEqual(await inFirst, ['stored', 'stored'])
  for (const place of first) place.leave()
  assert.deepEqual([await outcome, await along], ['stored', 'stored'])
  assert.deepEqual(sent, [6, 6], 'two blocks of two runs with three points each')
})

test('a partition that cannot prove that it was not another reader’s meanwhile leaves it open for all', async () => {
  const joint = createJoint(async () => {})
  const places = [joint.board(9), joint.board(9)]
  const lost = { prove: () => Promise.reject(new Error('lost')) }
  assert.deepEqual(await Promise.all([places[0]!.insert(passenger([1n])), places[1]!.insert(passenger([2n], lost))]), [
    'unknown',
    'unknown',
  ])
})

test('a partition that has a place and does not come sends the others off by themselves, at once or in the end', async () => {
  let sent = 0
  const joint = createJoint(async () => void sent++)
  const two = [joint.board(9), joint.board(9)]
  const waiting = two[0]!.insert(passenger([1n]))
  two[1]!.leave()
  assert.equal(await waiting, 'unsent')
  two[0]!.leave()
  const three = [joint.board(9), joint.board(9), joint.board(9)]
  assert.deepEqual(await Promise.all(three.slice(1).map((place, i) => place.insert(passenger([BigInt(i)])))), [
    'unsent',
    'unsent',
  ])
  assert.equal(await three[0]!.insert(passenger([9n])), 'unsent', 'and when it comes after all, it too')
  assert.equal(sent, 0)
})

/** A process with some partitions; `insert` is its way to the store. */
function startProcess(
  world: ReturnType<typeof createWorld>,
  life: Life,
  partitions: readonly number[],
  insert: Insert,
) {
  const store = { sinkReader: world.memory.reader, insertBlock: insert }
  const common = { observe, logger, ...createSharedParts(), store }
  const joint = createJointInserts({ ...common, mostRows: 100_000 })
  return partitions.map((partition): Sink => {
    const holding = world.logs[partition]!.assign(life)
    const settings = { ...defaultSinkSettings, insertIntervalMs: 20, flushIntervalMs: 10, maximumSeries: 100_000 }
    const sink = createSink({
      ...{ ...common, settings, joint, partition: holding.partition, partitions: world.logs.length, announce: false },
    })
    sink.start().catch(() => {})
    return sink
  })
}

function createWorld() {
  const mix = { runs: 5, manyEntries: false, unreadable: 0 }
  const memory = createMemoryStore()
  const direct: Insert = async (table, rows, columns, token) => memory.insertBlock(table, rows, columns, token)
  return { ...createWorldLog(random, mix, 2), memory, direct }
}

function write({ logs, producers }: ReturnType<typeof createWorld>): void {
  for (const [partition, log] of logs.entries()) log.append(producers[partition]!.record())
}

const everything = (world: ReturnType<typeof createWorld>, sinks: readonly Sink[], logs = world.logs) =>
  Promise.all(sinks.map((sink, i) => sink.reached(logs[i]!.records.length - 1, true)))

type Held = {
  /** What the store answers. */
  readonly sent: Promise<void>
  /** To be called when the second partition is lost. */
  proceed(): void
  /** To be called when all that stay have stored everything. */
  end?(): void
}

/**
 * Two partitions of a process have a joint block on its way, which `hold` holds up; then the second goes to another process, and that stores
 * everything of it, at once or when the first process has gone on. In the end the store must hold what the log says.
 */
async function loseOne(hold: (land: () => void) => Held, isTakenAtOnce = true) {
  const world = createWorld()
  const { logs, memory, direct } = world
  let held: Held | undefined
  const insert: Insert = async (table, rows, columns, token) => {
    const copy = structuredClone(columns)
    const land = () => memory.insertBlock(table, rows, copy, token)
    if (held || !isJoint(token)) return land()
    held = hold(land)
    await held.sent
  }
  const life = createLife(random, Number.POSITIVE_INFINITY, 0)
  const sinks = startProcess(world, life, [0, 1], insert)
  await until('a joint block is on its way', () => {
    if (!held) write(world)
    return held !== undefined
  })
  const takeOver = async () => {
    const [sink] = startProcess(world, createLife(random, Number.POSITIVE_INFINITY, 0), [1], direct)
    await everything(world, [sink!], [logs[1]!])
    return sink!
  }
  logs[1]!.revoke()
  let next = isTakenAtOnce ? await takeOver() : undefined
  held!.proceed()
  await everything(world, sinks.slice(0, 1))
  held!.end?.()
  next ??= await takeOver()
  assertSame(contentsOfMemory(memory), contentsOfWorld(world))
  await Promise.all([...sinks, next].map((sink) => sink.stop()))
  for (const { violations } of logs) assert.deepEqual(violations, [])
}

for (const isTakenAtOnce of [true, false]) {
  const when = isTakenAtOnce ? 'after the new reader of one of its partitions' : 'before there is one'

  test(`a joint block that comes late, ${when}, is stored once or not at all, and who stays notices`, () =>
    loseOne((land) => {
      const { promise, resolve } = deferred()
      return { sent: promise.then(land), proceed: resolve }
    }, isTakenAtOnce))

  test(`a joint block that failed, and comes late all the same, is not taken, ${when}`, () =>
    loseOne((land) => {
      const { promise, reject } = deferred()
      // When who stays has long given it up.
      return { sent: promise, proceed: () => reject(new Error('trouble')), end: land }
    }, isTakenAtOnce))

  test(`a joint block that was stored, with an answer that comes late, ${when}, is stored once`, () =>
    loseOne((land) => {
      land()
      const { promise, resolve } = deferred()
      return { sent: promise, proceed: resolve }
    }, isTakenAtOnce))
}

test('a joint block that is not stored though its token is known goes in with the ranges of each partition', async () => {
  const world = createWorld()
  const { memory, direct } = world
  let spent = false
  const insert: Insert = async (table, rows, columns, token) => {
    if (spent || !isJoint(token)) return direct(table, rows, columns, token)
    spent = true
    memory.spendToken(token!)
    throw new Error('killed with a token and no block')
  }
  const sinks = startProcess(world, createLife(random, Number.POSITIVE_INFINITY, 0), [0, 1], insert)
  await until('a joint block is on its way', () => {
    if (!spent) write(world)
    return spent
  })
  await everything(world, sinks)
  assertSame(contentsOfMemory(memory), contentsOfWorld(world))
  await Promise.all(sinks.map((sink) => sink.stop()))
})

test('a joint block that was stored is found by the new readers of its partitions', async () => {
  const world = createWorld()
  const { memory, direct } = world
  let landed = false
  const insert: Insert = (table, rows, columns, token) => {
    memory.insertBlock(table, rows, columns, token)
    landed ||= isJoint(token)
    // The answer never comes.
    return landed ? new Promise(() => {}) : Promise.resolve()
  }
  const before = startProcess(world, createLife(random, Number.POSITIVE_INFINITY, 0), [0, 1], insert)
  await until('a joint block is stored', () => {
    if (!landed) write(world)
    return landed
  })
  const next = startProcess(world, createLife(random, Number.POSITIVE_INFINITY, 0), [0, 1], direct)
  await everything(world, next)
  assertSame(contentsOfMemory(memory), contentsOfWorld(world))
  // One that wanted to commit when it lost its partition would wait for ever to be told so.
  for (const sink of before) sink.abandon()
  await Promise.all(next.map((sink) => sink.stop()))
})

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { limits } from '../../schema/limits.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import { PartitionLost } from '../log/log.ts'
import { openStore } from '../store/store.ts'
import { createColumnsPool } from './columns-pool.ts'
import { contentsOfMemory, contentsOfStore } from './contents.fixture.ts'
import { createProducer, type Mix } from './frames.fixture.ts'
import { createLife, type Life } from './life.fixture.ts'
import { createMemoryLog, type MemoryLog } from './memory-log.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { createSinkObserver } from './observer.ts'
import { createSink } from './pipeline.ts'
import { type Contents, contentsOfLog } from './sink.oracle.ts'
import type { Sink, SinkParts } from './sink.ts'

/*
 * Exactly once, as a model: sinks are killed at a random call to the log or the store, one after the other, while frames keep
 * coming in. At the end the store must hold what a plain reading of the whole log gives. CRASHES=… for more, SEED=… for the
 * same odds; the sink's own timers are real, so the moments of the kills shift a little from run to run.
 */
const seed = chosenSeed()
const crashes = Number(process.env.CRASHES ?? 300)
const crashesPerWorld = 30
const realCrashes = Number(process.env.REAL_CRASHES ?? 12)

// Small limits, so that a short run meets them; each test file is a process of its own.
Object.assign(limits, { metricsPerRun: 40, sequenceGapsPerWriter: 3, writersPerRun: 4, entriesPerRun: 30 })

const observe = createSinkObserver(new Metrics())

type World = {
  readonly random: Random
  readonly log: MemoryLog
  readonly store: SinkParts['store']
  readonly producer: ReturnType<typeof createProducer>
  readonly faults: unknown[]
  readonly forgetTokens: () => void
  /** Sinks that lost the partition and may not know it yet. */
  readonly zombies: Promise<void>[]
}

type Started = { readonly sink: Sink; readonly started: Promise<void> }

function startSink(world: World, life: Life): Started {
  const { random, store, log } = world
  const holding = log.assign(life, pick(random, [0, 0, 0, 1, 3, 20]))
  const sink = createSink({
    ...{ observe, logger: createLogger('silent'), announce: random() < 0.5, partition: holding.partition },
    store: {
      sinkReader: {
        rows: (sql, parameters) => life.step(() => store.sinkReader.rows(sql, parameters), { mayFail: true }),
        columns: (sql, parameters) => life.step(() => store.sinkReader.columns(sql, parameters), { mayFail: true }),
      },
      insertBlock(table, rows, columns, token) {
        holding.insertBegins()
        // A copy, for it may land when the sink uses the memory for something else.
        const sent = structuredClone(columns)
        return life.step(() => store.insertBlock(table, rows, sent, token), { mayFail: true, mayComeLate: true })
      },
    },
    partitions: 1,
    columns: createColumnsPool(),
    settings: {
      blockRows: pick(random, [1, 50, 400, 100_000]),
      insertIntervalMs: pick(random, [0, 1, 5]),
      flushIntervalMs: pick(random, [0, 1, 10, 1_000]),
      maximumSeries: pick(random, [20, 60, 100_000]),
    },
  })
  const started = sink.start()
  const fault = (error: unknown) => {
    if (error && !(error instanceof PartitionLost)) world.faults.push(error)
  }
  started.catch(fault)
  void sink.ended.then(fault)
  return { sink, started }
}

/** One life, until the process is killed. */
async function liveAndDie(world: World): Promise<void> {
  const { random } = world
  const life = createLife(random, whole(random, 1, pick(random, [5, 30, 150])), pick(random, [0, 0, 0.02]))
  const { sink } = startSink(world, life)
  await work(world, sink, life, 20_000)
  life.kill()
  // Ends its timers; whatever else it does now comes to nothing.
  void sink.stop()
  world.zombies.push(life.settled())
}

/**
 * One life in which the partition goes to another process: the sink is told so or has to find out, at once or after it was held up for long,
 * and is then to end without having done any harm.
 */
async function liveAndLose(world: World): Promise<void> {
  const { random } = world
  const life = createLife(random, Number.POSITIVE_INFINITY, pick(random, [0, 0, 0.05]))
  const { sink } = startSink(world, life)
  await work(world, sink, life, whole(random, 0, pick(random, [10, 100, 400])))
  const resume = random() < 0.5 ? life.pause() : () => {}
  if (random() < 0.3) world.log.revoke()
  const told = random() < 0.5
  const zombie = async () => {
    for (let turns = whole(random, 0, pick(random, [0, 30, 1_000])); turns > 0; turns--) await setImmediate()
    if (told) sink.abandon()
    resume()
    // In the end the log always says so.
    const late = setTimeout(() => sink.abandon(), 200)
    if (!told && random() < 0.3) await sink.reached(world.log.records.length, true).catch(() => {})
    const ending = await sink.ended
    assert.ok(ending instanceof PartitionLost, String(ending?.stack))
    clearTimeout(late)
    await assert.rejects(sink.reached(0, true), PartitionLost)
    await life.settled()
  }
  world.zombies.push(zombie())
}

/** The producers write and somebody asks how far the sink is, for so many turns or until it dies. */
async function work(world: World, sink: Sink, life: Life, mostTurns: number): Promise<void> {
  const { random, log } = world
  const appetite = random()
  const backlog = whole(random, 1, 30)
  for (let turn = 0; turn < mostTurns && !life.dead() && world.faults.length === 0; turn++) {
    const lag = log.records.length - 1 - sink.storedOffset()
    if (lag < backlog && random() < appetite) log.append(world.producer.record())
    if (log.records.length > 0 && random() < 0.1) {
      sink.reached(whole(random, 0, log.records.length - 1), random() < 0.3).catch(() => {})
    }
    await setImmediate()
  }
}

/** A life that ends in order. */
async function liveAndStop(world: World, records: number): Promise<void> {
  const life = createLife(world.random, Number.POSITIVE_INFINITY, 0)
  const { sink, started } = startSink(world, life)
  try {
    if (world.random() < 0.7) await started
    for (; records > 0; records--) {
      world.log.append(world.producer.record())
      await setImmediate()
    }
    await sink.stop()
  } finally {
    life.kill()
  }
}

async function drain(world: World): Promise<void> {
  const life = createLife(world.random, Number.POSITIVE_INFINITY, 0)
  const { sink, started } = startSink(world, life)
  await started
  await sink.reached(world.log.records.length - 1, true)
  assert.equal(sink.storedOffset(), world.log.records.length - 1)
  assert.equal(sink.flushedOffset(), world.log.records.length - 1)
  await sink.stop()
  life.kill()
}

/** So long that whatever was on its way has landed and the store has forgotten the tokens. */
async function longTime(world: World): Promise<void> {
  await Promise.all(world.zombies)
  world.forgetTokens()
}

async function liveThrough(world: World, lives: number): Promise<void> {
  for (let n = 0; n < lives; n++) {
    const end = world.random()
    if (end < 0.1) await liveAndStop(world, whole(world.random, 0, 20))
    else if (end < 0.5) await liveAndLose(world)
    else await liveAndDie(world)
    assert.deepEqual(world.faults, [])
    assert.deepEqual(world.log.violations, [])
    if (world.random() < 0.3) await longTime(world)
  }
  await drain(world)
  await Promise.all(world.zombies)
  assert.deepEqual(world.faults, [])
  assert.deepEqual(world.log.violations, [])
}

/** Compares table by table and names the first lines that differ, for whole contents would be megabytes. */
function assertSame(actual: Contents, expected: Contents): void {
  for (const table of Object.keys(expected) as (keyof Contents)[]) {
    const wanted = new Map<string, number>()
    for (const line of expected[table]) wanted.set(line, (wanted.get(line) ?? 0) + 1)
    for (const line of actual[table]) wanted.set(line, (wanted.get(line) ?? 0) - 1)
    const missing = [...wanted].filter(([, n]) => n > 0).map(([line]) => line)
    const extra = [...wanted].filter(([, n]) => n < 0).map(([line]) => line)
    const counts = { missing: missing.length, extra: extra.length, expected: expected[table].length }
    assert.deepEqual(
      { missing: missing.slice(0, 5), extra: extra.slice(0, 5) },
      { missing: [], extra: [] },
      `${table}: ${JSON.stringify(counts)}`,
    )
  }
}

async function crashInMemory(random: Random, mix: Mix): Promise<void> {
  const memory = createMemoryStore()
  const world: World = {
    random,
    log: createMemoryLog(random),
    store: { sinkReader: memory.reader, insertBlock: async (...block) => memory.insertBlock(...block) },
    producer: createProducer(random, mix),
    faults: [],
    forgetTokens: memory.forgetTokens,
    zombies: [],
  }
  await liveThrough(world, crashesPerWorld)
  assertSame(contentsOfMemory(memory), contentsOfLog(world.log.records))
}

const mixes: [name: string, mix: Mix][] = [
  ['many runs', { runs: 30, manyEntries: false, unreadable: 0.01 }],
  ['few busy runs', { runs: 3, manyEntries: false, unreadable: 0.01 }],
  ['records that are mostly unreadable', { runs: 8, manyEntries: false, unreadable: 0.8 }],
]
for (const [name, mix] of mixes) {
  const worlds = Math.ceil(crashes / crashesPerWorld / mixes.length)
  for (let n = 0; n < worlds; n++) {
    test(`${name}: through ${crashesPerWorld} crashes (world ${n}) the store comes to hold what the log says`, async () => {
      await crashInMemory(createRandom(seed + n), mix)
    })
  }
}

test('runs that meet their limit of entries', async () => {
  const { entriesPerRun } = limits
  Object.assign(limits, { entriesPerRun: 6 })
  try {
    await crashInMemory(createRandom(seed), { runs: 4, manyEntries: true, unreadable: 0 })
  } finally {
    Object.assign(limits, { entriesPerRun })
  }
})

test(`through ${realCrashes} crashes the real store comes to hold what the log says`, async () => {
  const random = createRandom(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'stepstream-crash-'))
  const limitsOfReads = { readSessions: 1, queryTimeoutMs: 20_000, queryMemoryBytes: 2e9 }
  const store = await openStore({ dataDir, ...limitsOfReads, logger: createLogger('silent') })
  try {
    const producer = createProducer(random, { runs: 10, manyEntries: false, unreadable: 0.01 })
    const world: World = {
      random,
      log: createMemoryLog(random),
      store,
      producer,
      faults: [],
      zombies: [],
      forgetTokens() {},
    }
    await liveThrough(world, realCrashes)
    assertSame(await contentsOfStore(store.reader), contentsOfLog(world.log.records))
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { limits } from '../../schema/limits.ts'
import { createLogger } from '../../telemetry/logger.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import { openStore } from '../store/store.ts'
import { contentsOfMemory, contentsOfStore } from './contents.fixture.ts'
import { createProducer, type Mix } from './frames.fixture.ts'
import { createLife, type Life } from './life.fixture.ts'
import { createMemoryLog, type MemoryLog } from './memory-log.fixture.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { createSink, type Sink, type SinkParts } from './pipeline.ts'
import { type Contents, contentsOfLog } from './sink.oracle.ts'

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

const count = { value: 0 }
const metrics = {
  counter: () => ({ ...count }),
  counters: (_name: string, _help: string, _label: string, values: readonly string[]) =>
    Object.fromEntries(values.map((value) => [value, { ...count }])),
  gauge() {},
  duration: () => () => {},
  size: () => () => {},
} as unknown as Metrics

type World = {
  readonly random: Random
  readonly log: MemoryLog
  readonly store: SinkParts['store']
  readonly producer: ReturnType<typeof createProducer>
  readonly faults: unknown[]
}

function startSink(world: World, life: Life): { sink: Sink; started: Promise<void> } {
  const { random, store, log } = world
  const sink = createSink({
    ...{ partition: 0, metrics, logger: createLogger('silent') },
    log: log.open(life),
    store: {
      sinkReader: {
        rows: (sql, parameters) => life.step(() => store.sinkReader.rows(sql, parameters), { mayFail: true }),
        columns: (sql, parameters) => life.step(() => store.sinkReader.columns(sql, parameters), { mayFail: true }),
      },
      insertBlock: (table, rows, columns, token) =>
        life.step(() => store.insertBlock(table, rows, columns, token), { mayFail: true, mayComeLate: true }),
    },
    settings: {
      blockRows: pick(random, [1, 50, 400, 100_000]),
      insertIntervalMs: pick(random, [0, 1, 5]),
      flushIntervalMs: pick(random, [0, 1, 10, 1_000]),
      maximumSeries: pick(random, [20, 60, 100_000]),
    },
  })
  const started = sink.start()
  started.catch((error) => world.faults.push(error))
  return { sink, started }
}

/** One life: the sink reads while the producers write and somebody asks how far it is, until it dies. */
async function liveAndDie(world: World): Promise<void> {
  const { random, log } = world
  const life = createLife(random, whole(random, 1, pick(random, [5, 30, 150])), pick(random, [0, 0, 0.02]))
  const { sink } = startSink(world, life)
  const appetite = random()
  const backlog = whole(random, 1, 30)
  for (let turn = 0; !life.dead() && world.faults.length === 0; turn++) {
    const lag = log.records.length - 1 - sink.storedOffset()
    if (lag < backlog && random() < appetite) log.append(world.producer.record())
    if (log.records.length > 0 && random() < 0.1) {
      void sink.reached(whole(random, 0, log.records.length - 1), random() < 0.3)
    }
    if (turn > 20_000) life.kill()
    await setImmediate()
  }
  // Ends its timers; whatever else it does now comes to nothing.
  void sink.stop().catch(() => {})
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

async function liveThrough(world: World, lives: number): Promise<void> {
  for (let n = 0; n < lives; n++) {
    if (world.random() < 0.1) await liveAndStop(world, whole(world.random, 0, 20))
    else await liveAndDie(world)
    assert.deepEqual(world.faults, [])
    assert.deepEqual(world.log.violations, [])
  }
  await drain(world)
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
    const world: World = { random, log: createMemoryLog(random), store, producer, faults: [] }
    await liveThrough(world, realCrashes)
    assertSame(await contentsOfStore(store.reader), contentsOfLog(world.log.records))
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
})

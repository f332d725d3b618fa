import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { pick, type Random, whole } from '../../test/random.ts'
import { PartitionLost } from '../log/log.ts'
import { createColumnsPool } from './columns-pool.ts'
import { contentsOfMemory } from './contents.fixture.ts'
import { createProducer, type Mix } from './frames.fixture.ts'
import { createLife, type Life } from './life.fixture.ts'
import { createMemoryLog, type MemoryLog } from './memory-log.fixture.ts'
import { createMemoryStore, type MemoryStore } from './memory-store.fixture.ts'
import { createSinkObserver } from './observer.ts'
import { createSink } from './pipeline.ts'
import { assertSame } from './same.fixture.ts'
import { contentsOfLog } from './sink.oracle.ts'
import type { Sink, SinkParts } from './sink.ts'

const observe = createSinkObserver(new Metrics())

/** A log and a store that outlive the sinks between them. */
export type World = {
  readonly random: Random
  readonly log: MemoryLog
  readonly store: WorldStore
  readonly producer: ReturnType<typeof createProducer>
  readonly faults: unknown[]
  readonly forgetTokens: () => void
  /**
   * Of each life whether a block of it is on its way, or may yet be sent though another life stored it: one that lost the partition and does
   * not know it may be about to send it, and so may one that looked for it before the other's landed.
   */
  readonly stakes: (() => boolean)[]
  /** How often between two turns tokens are forgotten if nobody has a stake in them, and how often between two lives. */
  readonly forgets: { readonly soon: number; readonly late: number }
  /** Sinks that lost the partition and may not know it yet, and what others sent before they were killed. */
  readonly zombies: Promise<void>[]
  /** What became of each life and each block of points, in order. */
  readonly history: string[]
  lives: number
}

type WorldStore = {
  readonly sinkReader: SinkParts['store']['sinkReader']
  /** `trouble`: whether there is trouble between one server of the store and the next. */
  insertBlock(...block: [...Parameters<SinkParts['store']['insertBlock']>, trouble: () => boolean]): Promise<void>
}

type Started = { readonly sink: Sink; readonly started: Promise<void> }

function startSink(world: World, life: Life): Started {
  const { random, store, log, history } = world
  const number = ++world.lives
  history.push(`life ${number} begins`)
  let lookedFor = false
  let ended = false
  const maySend = () => (lookedFor || world.lives > number) && !life.dead() && !ended
  world.stakes.push(() => !life.quiet() || maySend())
  const holding = log.assign(life, pick(random, [0, 0, 0, 1, 3, 20]))
  const sink = createSink({
    ...{ observe, logger: createLogger('silent'), announce: random() < 0.5, partition: holding.partition },
    store: {
      sinkReader: {
        rows(sql, parameters) {
          if (sql.includes('FROM points')) lookedFor = true
          return life.step(() => store.sinkReader.rows(sql, parameters), { mayFail: true })
        },
        columns: (sql, parameters) => life.step(() => store.sinkReader.columns(sql, parameters), { mayFail: true }),
      },
      insertBlock(table, rows, columns, token) {
        holding.insertBegins()
        // A copy, for it may land when the sink uses the memory for something else.
        const sent = structuredClone(columns)
        if (token) history.push(`life ${number} sends ${token}, ${rows} rows`)
        const effect = () => {
          if (token) history.push(`life ${number}: ${token} lands`)
          return store.insertBlock(table, rows, sent, token, () => random() < 3 * life.troubleChance)
        }
        const landing = life.step(effect, { mayFail: true, mayComeLate: true })
        if (token) lookedFor = false
        return landing
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
  void sink.ended.then((error) => {
    ended = true
    fault(error)
  })
  return { sink, started }
}

/** One life, until the process is killed. */
async function liveAndDie(world: World): Promise<void> {
  const { random } = world
  const life = createLife(random, whole(random, 1, pick(random, [5, 15, 30, 150])), pick(random, [0, 0, 0.02]))
  const { sink } = startSink(world, life)
  await work(world, sink, life, 20_000)
  life.kill()
  // Ends its timers; whatever else it does now comes to nothing.
  void sink.stop()
  world.history.push(`life ${world.lives} is killed`)
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
    if (random() < world.forgets.soon && !world.stakes.some((stake) => stake())) forget(world)
    await setImmediate()
  }
}

/**
 * The store remembers a token longer than a block may be on its way under it, counted from when its sender last saw that the partition is its
 * own, or looked for the block; beyond that nothing is promised. Here it forgets as soon as it may.
 */
function forget(world: World): void {
  world.forgetTokens()
  world.history.push('tokens are forgotten')
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
  forget(world)
}

export async function liveThrough(world: World, lives: number): Promise<void> {
  for (let n = 0; n < lives; n++) {
    const end = world.random()
    if (end < 0.1) await liveAndStop(world, whole(world.random, 0, 20))
    else if (end < 0.5) await liveAndLose(world)
    else await liveAndDie(world)
    assert.deepEqual(world.faults, [])
    assert.deepEqual(world.log.violations, [])
    if (world.random() < world.forgets.late) await longTime(world)
  }
  await drain(world)
  await Promise.all(world.zombies)
  assert.deepEqual(world.faults, [])
  assert.deepEqual(world.log.violations, [])
}

/** A store of some servers, each of which has its part of a block of points whole or not at all. */
function spreadStore(random: Random, memory: MemoryStore, servers: number): WorldStore {
  return {
    sinkReader: memory.reader,
    async insertBlock(table, rows, columns, token, trouble) {
      if (table !== 'points' || servers === 1) return memory.insertBlock(table, rows, columns, token)
      const first = whole(random, 0, servers - 1)
      for (let n = 0; n < servers; n++) {
        if (n > 0 && trouble()) throw new Error('the next server is away')
        memory.insertBlock(table, rows, columns, token, { number: (first + n) % servers, of: servers })
        for (let turns = whole(random, 0, 2); turns > 0; turns--) await setImmediate()
      }
    },
  }
}

/** Lives one after the other in memory; then the store holds what the log says. */
export async function crashInMemory(random: Random, mix: Mix, lives: number): Promise<void> {
  const history: string[] = []
  const memory = createMemoryStore((line) => void history.push(line))
  const world: World = {
    random,
    log: createMemoryLog(random),
    store: spreadStore(random, memory, pick(random, [1, 1, 3])),
    producer: createProducer(random, mix),
    faults: [],
    forgetTokens: memory.forgetTokens,
    stakes: [],
    forgets: { soon: pick(random, [0, 0.001, 0.05]), late: pick(random, [0.3, 1]) },
    zombies: [],
    history,
    lives: 0,
  }
  await liveThrough(world, lives)
  assertSame(contentsOfMemory(memory), contentsOfLog(world.log.records), history)
}

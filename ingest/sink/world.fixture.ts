import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { fenceRuns } from '../../schema/fence.ts'
import type { Parameters } from '../../schema/store.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { pick, type Random, whole } from '../../test/random.ts'
import { PartitionLost } from '../log/log.ts'
import type { BlockColumn } from '../store/native-block.ts'
import { contentsOfMemory } from './contents.fixture.ts'
import { createProducer, type Mix, type Producer } from './frames.fixture.ts'
import { createJointInserts } from './joint-inserts.ts'
import { createLife, type Life } from './life.fixture.ts'
import { createMemoryLog, type Holding, type MemoryLog } from './memory-log.fixture.ts'
import { createMemoryStore, type MemoryStore, rowAt } from './memory-store.fixture.ts'
import { createSinkObserver } from './observer.ts'
import { createSink } from './pipeline.ts'
import { assertSame } from './same.fixture.ts'
import type { SinkSettings } from './settings.ts'
import { createSharedParts } from './shared-parts.ts'
import { type Contents, contentsOfLog } from './sink.oracle.ts'
import type { Sink, SinkParts } from './sink.ts'

/** Without gauges, from which sinks that are killed would never be taken. */
const observe: SinkParts['observe'] = { ...createSinkObserver(new Metrics()), watch: () => () => {} }

/** A log and a store that outlive the processes between them. */
export type World = {
  readonly random: Random
  /** By partition. */
  readonly logs: readonly MemoryLog[]
  readonly store: WorldStore
  /** By partition. */
  readonly producers: readonly Producer[]
  readonly faults: unknown[]
  readonly forgetTokens: () => void
  /**
   * Of each life whether a block of it is on its way, or may yet be sent though another life stored it: one that lost a partition and does
   * not know it may be about to send it, and so may one that looked for it before the other's landed.
   */
  readonly stakes: (() => boolean)[]
  /** How often between two turns tokens are forgotten if nobody has a stake in them, and how often between two lives. */
  readonly forgets: { readonly soon: number; readonly late: number }
  /** Processes that lost a partition and may not know it yet, and what others sent before they were killed. */
  readonly zombies: Promise<void>[]
  /** What became of each life and each block of points, in order. */
  readonly history: string[]
  lives: number
}

type WorldStore = {
  readonly sinkReader: SinkParts['store']['sinkReader']
  /** `trouble`: whether there is trouble between one server of the store and the next, or between the two things that a server does. */
  insertBlock(
    table: string,
    rows: number,
    columns: readonly BlockColumn[],
    token: string | undefined,
    trouble: () => boolean,
  ): Promise<void>
}

/** The sinks of one process. */
type Process = { readonly members: readonly Member[]; readonly started: Promise<unknown> }
type Member = { readonly sink: Sink; readonly log: MemoryLog; readonly holding: Holding }

/** A process to which these partitions are given; whoever had them has lost them, and keeps others that it had. */
function startProcess(world: World, life: Life, partitions: readonly number[]): Process {
  const { random, logs, history } = world
  const number = ++world.lives
  history.push(`life ${number} begins, with ${partitions.join()}`)
  let looking = 0
  let ended = 0
  const maySend = () => (looking > 0 || world.lives > number) && !life.dead() && ended < partitions.length
  world.stakes.push(() => !life.quiet() || maySend())
  const holdings = new Map(
    partitions.map((partition) => [partition, logs[partition]!.assign(life, pick(random, [0, 0, 0, 1, 3, 20]))]),
  )
  const shared = createSharedParts(pick(random, [0, 2, 32]))
  const settings: SinkSettings = {
    // Where partitions share blocks, so large and so seldom that there is something to share.
    blockRows: pick(random, logs.length === 1 ? [1, 50, 400, 100_000] : [400, 100_000]),
    soloRows: pick(random, [200, 100_000, 100_000]),
    ...(random() < 0.5 ? { blockRowsBehind: 800 } : {}),
    sharers: pick(random, logs.length === 1 ? [1, 1, 4] : [1, logs.length, 8]),
    insertIntervalMs: pick(random, logs.length === 1 ? [0, 1, 5] : [1, 5, 20]),
    flushIntervalMs: pick(random, [0, 1, 10, 1_000]),
    maximumSeries: pick(random, [20, 60, 100_000]),
  }
  const common = { observe, logger: createLogger('silent'), ...shared }
  const openWay = () => storeOf(world, life, number, holdings, (by) => (looking += by))
  let joints = 0
  const joint = createJointInserts({
    ...{ ...common, store: openWay(), mostRows: pick(random, [1, 300, 100_000]) },
    name: () => `${number}-${++joints}`,
  })
  const announce = random() < 0.5
  const members = partitions.map((partition): Member => {
    const holding = holdings.get(partition)!
    const sink = createSink({
      ...{ ...common, announce, settings, partition: holding.partition, store: openWay() },
      ...{ joint: logs.length > 1 ? joint : undefined, partitions: logs.length },
    })
    return { sink, holding, log: logs[partition]! }
  })
  const fault = (error: unknown) => {
    if (error && !(error instanceof PartitionLost)) world.faults.push(error)
  }
  const starts = members.map(({ sink }) => {
    const start = sink.start()
    start.catch(fault)
    void sink.ended.then((error) => {
      ended++
      fault(error)
    })
    return start
  })
  const started = Promise.all(starts)
  started.catch(() => {})
  return { members, started }
}

/** The store as one sink of a process sees it, or what its sinks share. `looks` hears that somebody looked for points, and that they were sent. */
function storeOf(
  world: World,
  life: Life,
  number: number,
  holdings: ReadonlyMap<number, Holding>,
  looks: (by: number) => void,
): SinkParts['store'] {
  const { random, store, history } = world
  let lookedFor = false
  const look = (is: boolean) => {
    if (is !== lookedFor) looks(is ? 1 : -1)
    lookedFor = is
  }
  async function rows<T>(sql: string, parameters: Parameters = {}): Promise<T[]> {
    if (!sql.includes('FROM points')) {
      return await life.step(() => store.sinkReader.rows<T>(sql, parameters), { mayFail: true })
    }
    look(true)
    const found = await life.step(() => store.sinkReader.rows<T>(sql, parameters), { mayFail: true })
    // Nothing of it is to be sent.
    if (found.length === (parameters.runs as readonly bigint[]).length) look(false)
    return found
  }
  return {
    sinkReader: {
      rows,
      columns: (sql, parameters) => life.step(() => store.sinkReader.columns(sql, parameters), { mayFail: true }),
    },
    async insertBlock(table, rows, columns, token, turn) {
      await turn?.()
      for (const partition of table === 'points' ? partitionsIn(world, rows, columns) : [])
        holdings.get(partition)!.insertBegins()
      // A copy, for it may land when the sink uses the memory for something else.
      const sent = structuredClone(columns)
      if (token) history.push(`life ${number} sends ${token}, ${rows} rows`)
      const effect = () => {
        if (token) history.push(`life ${number}: ${token} lands`)
        return store.insertBlock(table, rows, sent, token, () => random() < 3 * life.troubleChance)
      }
      const landing = life.step(effect, { mayFail: true, mayComeLate: true })
      if (token) look(false)
      await landing
    },
  }
}

function partitionsIn({ logs }: World, rows: number, columns: readonly BlockColumn[]): Set<number> {
  const runs = Array.from({ length: rows }, (_, row) => rowAt(columns, row).run as bigint)
  return new Set(runs.filter((run) => run >= fenceRuns).map((run) => Number(run % BigInt(logs.length))))
}

/** All partitions, or some. */
function somePartitions({ random, logs }: World): number[] {
  const all = [...logs.keys()]
  const some = random() < 0.5 ? all : all.filter(() => random() < 0.5)
  return some.length > 0 ? some : [pick(random, all)]
}

/** One life, until the process is killed. */
async function liveAndDie(world: World): Promise<void> {
  const { random } = world
  const steps = whole(random, 1, pick(random, [5, 15, 30, 150])) * world.logs.length
  const life = createLife(random, steps, pick(random, [0, 0, 0.02]))
  const process = startProcess(world, life, somePartitions(world))
  await work(world, process, life, 20_000)
  life.kill()
  // Ends its timers; whatever else it does now comes to nothing.
  for (const { sink } of process.members) void sink.stop()
  world.history.push(`life ${world.lives} is killed`)
  world.zombies.push(life.settled())
}

/**
 * One life in which partitions go to other processes: the sinks are told so or have to find out, at once or after they were held up for long,
 * and are then to end without having done any harm. Those whose partitions stay go on for a while.
 */
async function liveAndLose(world: World): Promise<void> {
  const { random } = world
  const life = createLife(random, Number.POSITIVE_INFINITY, pick(random, [0, 0, 0.05]))
  const process = startProcess(world, life, somePartitions(world))
  const { members } = process
  await work(world, process, life, whole(random, 0, pick(random, [10, 100, 400])))
  const resume = random() < 0.5 ? life.pause() : () => {}
  for (const { log } of members) if (random() < 0.3) log.revoke()
  const told = random() < 0.5
  const zombie = async () => {
    for (let turns = whole(random, 0, pick(random, [0, 30, 1_000])); turns > 0; turns--) await setImmediate()
    if (told) for (const { sink, holding } of members) if (holding.lost()) sink.abandon()
    resume()
    // In the end the log always says so.
    const late = setTimeout(() => {
      for (const { sink } of members) sink.abandon()
    }, 200)
    for (const { sink, log } of members)
      if (!told && random() < 0.3) await sink.reached(log.records.length, true).catch(() => {})
    for (const { sink } of members) {
      const ending = await sink.ended
      assert.ok(ending instanceof PartitionLost, String(ending?.stack))
      await assert.rejects(sink.reached(0, true), PartitionLost)
    }
    clearTimeout(late)
    await life.settled()
  }
  world.zombies.push(zombie())
}

/** The producers write and somebody asks how far the sinks are, for so many turns or until the process dies. */
async function work(world: World, { members }: Process, life: Life, mostTurns: number): Promise<void> {
  const { random } = world
  const appetite = random()
  const backlog = whole(random, 1, 30)
  for (let turn = 0; turn < mostTurns && !life.dead() && world.faults.length === 0; turn++) {
    // To all at once, so that they insert together.
    const gust = members.length > 1 && random() < 0.05 ? whole(random, 1, 9) : 0
    for (const { sink, log } of members) {
      const lag = log.records.length - 1 - sink.storedOffset()
      for (let n = 0; n < gust && lag < backlog; n++) write(world, log)
      if (lag < backlog && random() < appetite) write(world, log)
      if (log.records.length > 0 && random() < 0.1 / members.length)
        sink.reached(whole(random, 0, log.records.length - 1), random() < 0.3).catch(() => {})
    }
    if (random() < world.forgets.soon && !world.stakes.some((stake) => stake())) forget(world)
    await setImmediate()
  }
}

function write({ logs, producers }: World, log: MemoryLog): void {
  log.append(producers[logs.indexOf(log)]!.record())
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
  const { members, started } = startProcess(world, life, somePartitions(world))
  try {
    if (world.random() < 0.7) await started
    for (; records > 0; records--) {
      for (const { log } of members) write(world, log)
      await setImmediate()
    }
    await Promise.all(members.map(({ sink }) => sink.stop()))
  } finally {
    life.kill()
  }
}

async function drain(world: World): Promise<void> {
  const life = createLife(world.random, Number.POSITIVE_INFINITY, 0)
  const { members, started } = startProcess(world, life, [...world.logs.keys()])
  await started
  for (const { sink, log } of members) {
    await sink.reached(log.records.length - 1, true)
    assert.equal(sink.storedOffset(), log.records.length - 1)
    assert.equal(sink.flushedOffset(), log.records.length - 1)
  }
  await Promise.all(members.map(({ sink }) => sink.stop()))
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
    assertSound(world)
    if (world.random() < world.forgets.late) await longTime(world)
  }
  await drain(world)
  await Promise.all(world.zombies)
  assertSound(world)
}

function assertSound({ faults, logs }: World): void {
  assert.deepEqual(faults, [])
  for (const { violations } of logs) assert.deepEqual(violations, [])
}

/** What all partitions of the log say together. */
export function contentsOfWorld({ logs }: Pick<World, 'logs'>): Contents {
  const [first, ...others] = logs.map(({ records }) => contentsOfLog(records))
  const together = { ...first! }
  for (const other of others)
    for (const table of Object.keys(together) as (keyof Contents)[])
      together[table] = [...together[table], ...other[table]].sort()
  return together
}

/** A log of so many partitions, and who writes into it. */
export function createWorldLog(random: Random, mix: Mix, partitions: number): Pick<World, 'logs' | 'producers'> {
  const numbers = Array.from({ length: partitions }, (_, partition) => partition)
  return {
    logs: numbers.map((partition) => createMemoryLog(random, 'memory-log', partition)),
    producers: numbers.map((partition) =>
      createProducer(random, mix, (key) => key % BigInt(partitions) === BigInt(partition)),
    ),
  }
}

/** A server that may be killed between a block's token and the block. */
function singleStore(memory: MemoryStore): WorldStore {
  return {
    sinkReader: memory.reader,
    async insertBlock(table, rows, columns, token, trouble) {
      if (!token || !trouble()) return memory.insertBlock(table, rows, columns, token)
      memory.spendToken(token)
      throw new Error('killed with a token and no block')
    },
  }
}

/** A store of some servers, each of which has its part of a block of points whole or not at all, and its token with it. */
function spreadStore(random: Random, memory: MemoryStore, servers: number): WorldStore {
  return {
    sinkReader: memory.reader,
    async insertBlock(table, rows, columns, token, trouble) {
      if (table !== 'points') return memory.insertBlock(table, rows, columns, token)
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
export async function crashInMemory(random: Random, mix: Mix, lives: number, partitions = 1): Promise<void> {
  const history: string[] = []
  const log = createWorldLog(random, mix, partitions)
  const servers = pick(random, [1, 1, 3])
  const engine = servers === 1 ? 'MergeTree' : 'Distributed'
  const memory = createMemoryStore((line) => void history.push(line), engine)
  const world: World = {
    random,
    ...log,
    store: servers === 1 ? singleStore(memory) : spreadStore(random, memory, servers),
    faults: [],
    forgetTokens: memory.forgetTokens,
    stakes: [],
    forgets: { soon: pick(random, [0, 0.001, 0.05]), late: pick(random, [0.3, 1]) },
    zombies: [],
    history,
    lives: 0,
  }
  await liveThrough(world, lives)
  assertSame(contentsOfMemory(memory), contentsOfWorld(world), history)
  assert.equal(memory.disordered(), 0)
}

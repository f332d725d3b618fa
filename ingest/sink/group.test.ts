import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { createRandom } from '../../test/random.ts'
import type { LogReader, PartitionHandler } from '../log/log.ts'
import { recordOf } from './frames.fixture.ts'
import { createSinkGroup, type SinkGroupParts } from './group.ts'
import { createLife } from './life.fixture.ts'
import { createMemoryLog, type Holding, type MemoryLog } from './memory-log.fixture.ts'
import { createMemoryStore, insertInto } from './memory-store.fixture.ts'

const settings = { blockRows: 1_000, insertIntervalMs: 1, flushIntervalMs: 60_000, maximumSeries: 1_000 }
const silent = createLogger('silent')

/** One point of a run of its own. */
function record(run: string, step: number): Uint8Array {
  const values = new Uint8Array(Float64Array.of(step).buffer)
  const block = {
    ...{ set: { names: ['m'] }, count: 1, times: undefined, width: 8 as const, values },
    steps: { kind: 'range' as const, start: step, stride: 1 },
  }
  return recordOf(run, { blocks: [block] })
}

/** Partitions that the test gives and takes, a group that stores them, and the store. */
async function createWorld(partitions: number, chosen: Partial<SinkGroupParts> = {}) {
  const random = createRandom(1)
  const logs = Array.from({ length: partitions }, () => createMemoryLog(random, 'log'))
  const memory = createMemoryStore()
  const store = {
    sinkReader: memory.reader,
    insertBlock: insertInto(memory),
  }
  let handler: PartitionHandler | undefined
  const log: LogReader = {
    id: 'log',
    partitions,
    async subscribe(given) {
      handler = given
    },
  }
  const metrics = new Metrics()
  const retryMs = { first: 10, most: 50 }
  const group = createSinkGroup({
    ...{ log, store, metrics, logger: silent, settings, announce: true, retryMs },
    ...chosen,
  })
  await group.start()

  function give(partition: number): Holding['partition'] {
    const life = createLife(random, Number.POSITIVE_INFINITY, 0)
    const held = { ...logs[partition]!.assign(life).partition, partition }
    handler!.assigned(held)
    return held
  }
  async function take(partition: number, held: Holding['partition']): Promise<void> {
    logs[partition]!.revoke()
    handler!.lost(held)
  }
  const gauge = async (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await metrics.text())?.[1])
  return { logs, memory, group, give, take, gauge }
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 500, `waited in vain: ${what}`)
    await sleep(10)
  }
}

const append = (logs: readonly MemoryLog[], partition: number, from: number, to: number) => {
  for (let step = from; step < to; step++) logs[partition]!.append(record(`r${partition}`, step))
}

test('every partition at hand is stored, and the gauges add them up', async () => {
  const { logs, memory, group, give, gauge } = await createWorld(3)
  for (const partition of [0, 1, 2]) append(logs, partition, 0, 5)
  give(0)
  give(2)
  await until(() => memory.points.length === 10, 'two partitions')
  await group.settled()
  assert.deepEqual([...group.serving().keys()].sort(), [0, 2])
  assert.equal(await gauge('stepstream_sink_partitions'), 2)
  assert.equal(await gauge('stepstream_active_runs'), 2)
  give(1)
  await until(() => memory.points.length === 15, 'the third')
  append(logs, 1, 5, 7)
  await until(() => memory.points.length === 17, 'what came later')
  await group.stop()
  for (const log of logs) {
    assert.equal(log.commit().offset, log.records.length, 'stopped in order, everything is in the summaries')
    assert.deepEqual(log.violations, [])
  }
  assert.equal(await gauge('stepstream_active_runs'), 0)
})

test('what is stored is committed soon, so that other processes learn of it', async () => {
  const { logs, group, give } = await createWorld(1)
  give(0)
  append(logs, 0, 0, 3)
  await until(() => logs[0]!.commit().stored === 3, 'a commit without a flush')
  assert.deepEqual(logs[0]!.commit(), { offset: 0, stored: 3, intents: [], newestMs: 1_000 })
  await group.stop()
})

test('a partition that is lost is left alone; when it comes back it goes on where the last reader was', async () => {
  const { logs, memory, group, give, take } = await createWorld(2)
  const held = give(0)
  give(1)
  append(logs, 0, 0, 4)
  await until(() => memory.points.length === 4, 'the first')
  await take(0, held)
  append(logs, 0, 4, 8)
  append(logs, 1, 0, 4)
  await until(() => memory.points.length === 8, 'the other partition')
  await sleep(50)
  assert.equal(memory.points.length, 8)
  assert.deepEqual([...group.serving().keys()], [1])
  give(0)
  await until(() => memory.points.length === 12, 'the rest')
  await group.stop()
  assert.deepEqual(
    logs.flatMap((log) => log.violations),
    [],
  )
})

test('a partition that comes back waits until its old sink has let go', async () => {
  let release = () => {}
  const memory = createMemoryStore()
  let held: Promise<void> | undefined
  const begun: string[] = []
  const { logs, group, give, take } = await createWorld(1, {
    store: {
      sinkReader: memory.reader,
      async insertBlock(table, ...block) {
        begun.push(table)
        await held
        await insertInto(memory)(table, ...block)
      },
    },
  })
  held = new Promise((resolve) => {
    release = resolve
  })
  const first = give(0)
  append(logs, 0, 0, 2)
  await until(() => begun.length === 1, 'an insert to begin')
  await take(0, first)
  give(0)
  await sleep(50)
  assert.equal(begun.length, 1, 'two sinks of one process at one partition')
  held = undefined
  release()
  await until(() => memory.points.length === 2, 'the second sink')
  await group.stop()
})

test('a partition that cannot be served is told and tried again, and the others go on', async () => {
  const { logs, memory, group, give, gauge } = await createWorld(2)
  // Stored before, but the log knows nothing of it.
  memory.insertBlock('source_partitions', 1, [
    { name: 'log', type: 'String', data: ['log'] },
    { name: 'partition', type: 'UInt32', data: Uint32Array.of(1) },
  ])
  append(logs, 0, 0, 3)
  append(logs, 1, 0, 3)
  give(0)
  give(1)
  await group.settled()
  await until(() => memory.points.length === 3, 'the good partition')
  assert.deepEqual([...group.faults().keys()], [1])
  assert.match(group.faults().get(1)!.message, /partition 1 .*no commit of it/)
  assert.equal(await gauge('stepstream_sink_faulty_partitions'), 1)
  await sleep(100)
  assert.equal(memory.points.length, 3, 'nothing is stored a second time')
  memory.tables.source_partitions!.clear()
  await until(() => memory.points.length === 6, 'the other one, mended')
  assert.equal(group.faults().size, 0)
  await group.stop()
})

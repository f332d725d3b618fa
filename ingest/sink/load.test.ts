import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runKey } from '../../schema/keys.ts'
import type { StoreReader } from '../../schema/store.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import type { ParamValue, RecordFrame, Update } from '../record/record.ts'
import { openStore, type Store } from '../store/store.ts'
import { applyFrame } from './apply.ts'
import { randomBlock } from './blocks.fixture.ts'
import { randomUpdate } from './frames.fixture.ts'
import { loadRuns } from './load.ts'
import { createMemoryStore } from './memory-store.fixture.ts'
import { createPointsBatch } from './points.ts'
import { runRows, stateRows, type TableRows } from './rows.ts'
import { createRun, type Run } from './runs.ts'
import { seriesRows } from './series-rows.ts'
import { allSummaryFields, createSeriesTable, readSummary, type SeriesTable } from './series-table.ts'
import { createSinkSet } from './sink-set.ts'

const seed = chosenSeed()
let store: Store
let directory: string

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-load-'))
  const limits = { readSessions: 1, queryTimeoutMs: 20_000, queryMemoryBytes: 2e9 }
  store = await openStore({ dataDir: directory, ...limits, logger: createLogger('silent') })
})
after(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

type Inserts = (rows: TableRows) => Promise<void>
const real: Inserts = (rows) => store.insertBlock(rows.table, rows.rows, rows.columns)

async function flush(insert: Inserts, table: SeriesTable, runs: readonly Run[], version: number): Promise<void> {
  await insert(runRows(runs, version))
  const series = seriesRows(table, runs, version)
  if (series.rows > 0) await insert(series)
  await insert(stateRows(runs, version))
}

/** All that a run carries, to the bit; its series by name, for their order may differ. */
function describe(run: Run, table: SeriesTable) {
  const series = run.list.names.map((name, i) => {
    const values = allSummaryFields.map((field) => [field, readSummary(table, run.slots[i]!, field)] as const)
    return [name, Object.fromEntries(values.filter(([field]) => field !== 'version'))] as const
  })
  const { project, run: id, key, points, frames, duplicateFrames, lastReceivedMs, writers, collidesWith } = run
  const { params, tags, ...metadata } = run.metadata
  return {
    ...{ project, id, key, points, frames, duplicateFrames, lastReceivedMs, collidesWith, metadata },
    writers: [...writers],
    params: new Map([...params].sort(byKey)),
    tags: new Map([...tags].sort(byKey)),
    series: new Map(series.sort(byKey)),
  }
}
const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1)

function frameOf(run: Run, more: Partial<RecordFrame>): RecordFrame {
  const name = { project: run.project, run: run.run }
  return {
    run: name,
    receivedMs: 1_700_000_000_000,
    writer: undefined,
    seq: undefined,
    update: undefined,
    blocks: [],
    ...more,
  }
}

function randomFrame(random: Random, run: Run): RecordFrame {
  const names = Array.from(
    { length: whole(random, 1, 6) },
    (_, i) => pick(random, ['loss', 'acc/日本', "it's", 'a\\b\n']) + i,
  )
  const set = createSinkSet(names)
  const shape = { set, count: whole(random, 1, 5), timeMs: whole(random, -2_208_988_000_000, 2e12) }
  const far = Number.MAX_SAFE_INTEGER - 100
  return frameOf(run, {
    receivedMs: whole(random, 1, 2e12),
    ...(random() < 0.7 ? { writer: pick(random, ['w', 'ä "w"']), seq: whole(random, 0, 60) } : {}),
    ...(random() < 0.5 ? { update: randomUpdate(random, { manyEntries: false }) } : {}),
    blocks: [randomBlock(random, { ...shape, firstStep: pick(random, [-far, 0, 1, 7, far]) })],
  })
}

test('what is flushed and loaded again is the same to the last bit, after each of several flushes', async () => {
  const random = createRandom(seed)
  const table = createSeriesTable(1)
  const points = createPointsBatch()
  const runs = Array.from({ length: 25 }, (_, i) => createRun(pick(random, ['p', "q'日\\"]), `run ${i}\t"`))
  let offset = 0
  for (let round = 0; round < 4; round++) {
    const touched = runs.filter((run) => round === 0 || random() < 0.5 || run.frames === 0)
    for (const run of touched)
      for (let n = whole(random, 1, 6); n > 0; n--)
        applyFrame(table, points, run, randomFrame(random, run), offset++, 0)
    await flush(real, table, touched, offset)
    for (const run of touched) for (const slot of run.slots) table.changed[slot] = 0
    const fresh = createSeriesTable(1)
    const loaded = await loadRuns(store.sinkReader, fresh, runs)
    loaded.forEach((run, i) => {
      assert.deepEqual(describe(run, fresh), describe(runs[i]!, table), `round ${round}, run ${i}`)
      assert.ok(run.metadataVersion <= offset && run.loadedVersion === Math.max(run.metadataVersion, run.stateVersion))
    })
  }
})

const paramRows: [name: string, params: [string, ParamValue][]][] = [
  [
    'non-finite numbers and the texts that look like them',
    [
      ['a', Number.NaN],
      ['b', 'NaN'],
      ['c', Number.POSITIVE_INFINITY],
      ['d', 'Infinity'],
      ['e', Number.NEGATIVE_INFINITY],
      ['f', '-Infinity'],
    ],
  ],
  [
    'numbers at the ends of what there is',
    [
      ['a', 5e-324],
      ['b', Number.MAX_VALUE],
      ['c', 0.1 + 0.2],
      ['d', 2 ** 53 - 1],
    ],
  ],
  [
    'texts that look like other types',
    [
      ['a', '1'],
      ['b', 'true'],
      ['c', 'null'],
      ['d', ''],
      ['e', '\\N'],
      ['f', '{"a":1}'],
    ],
  ],
  [
    'booleans beside 0 and 1',
    [
      ['a', true],
      ['b', 1],
      ['c', false],
      ['d', 0],
    ],
  ],
  [
    'keys that objects treat in their own way',
    [
      ['__proto__', 'x'],
      ['constructor', 1],
      ['10', 'ten'],
      ['2', 'two'],
      ['toString', true],
      ['hasOwnProperty', 'y'],
    ],
  ],
  [
    'keys and values with quotes, ends of lines and other scripts',
    [
      ["it's", 'a\nb\r\t'],
      ['"', '\\'],
      ['日本', '🎉'],
    ],
  ],
]
for (const [name, params] of paramRows) {
  test(`params come back as they were: ${name}`, async () => {
    const run = createRun('params', name)
    const texts = params.map(([key, value]) => [key, String(value)] as const)
    const update: Update = { params: new Map(params), tags: new Map(texts), name: name, state: 'killed' }
    applyFrame(createSeriesTable(), createPointsBatch(), run, frameOf(run, { update }), 3, 0)
    await real(runRows([run], 3))
    const [loaded] = await loadRuns(store.sinkReader, createSeriesTable(), [run])
    assert.deepEqual(loaded!.metadata.params, new Map(params))
    assert.deepEqual(loaded!.metadata.tags, new Map(texts))
    assert.deepEqual({ ...loaded!.metadata, params: 0, tags: 0 }, { ...run.metadata, params: 0, tags: 0 })
    assert.equal(loaded!.metadataVersion, 3)
  })
}

test('a run that nobody stored is new, and one of the same name in another project is not it', async () => {
  const other = createRun('one project', 'same')
  applyFrame(createSeriesTable(), createPointsBatch(), other, frameOf(other, { update: { name: 'x' } }), 3, 0)
  await real(runRows([other], 3))
  const [fresh] = await loadRuns(store.sinkReader, createSeriesTable(), [{ project: 'another', run: 'same' }])
  assert.deepEqual(fresh, createRun('another', 'same'))
})

test('more runs than one query asks for are all found, each under its own name', async () => {
  const runs = Array.from({ length: 4_100 }, (_, i) => createRun(`p${i % 3}`, `many ${Math.floor(i / 3)}`))
  runs.forEach((run, i) => {
    run.metadata.name = `${run.project}/${run.run}`
    run.points = i
  })
  await real(runRows(runs, 8))
  await real(stateRows(runs, 9))
  const loaded = await loadRuns(store.sinkReader, createSeriesTable(), runs)
  loaded.forEach((run, i) => {
    assert.deepEqual(
      [run.metadata.name, run.points, run.metadataVersion, run.stateVersion],
      [`${run.project}/${run.run}`, i, 8, 9],
    )
  })
})

test('a run whose key another one has is found out, and all its frames go to the dead letters', async () => {
  const first = createRun('collide', 'first')
  const second = { ...createRun('collide', 'second'), key: runKey('collide', 'not yet seen') }
  await real(runRows([second], 1))
  const [mine] = await loadRuns(store.sinkReader, createSeriesTable(), [first])
  assert.equal(mine!.collidesWith, undefined)
  const table = createSeriesTable()
  const [colliding] = await loadRuns(store.sinkReader, table, [{ project: 'collide', run: 'not yet seen' }])
  assert.equal(colliding!.collidesWith, 'collide/second')
  const points = createPointsBatch()
  const frame = randomFrame(createRandom(seed), colliding!)
  const outcome = applyFrame(table, points, colliding!, frame, 7, 2)
  assert.ok(outcome.kind === 'dead' && outcome.letter!.reason === 'key_collision')
  assert.deepEqual([outcome.letter!.offset, outcome.letter!.block], [7, 2])
  assert.deepEqual([points.rows, colliding!.frames, colliding!.dirty, colliding!.metadataChanged], [0, 0, false, false])
})

test('the store of the crash model answers like the real one', async () => {
  const random = createRandom(seed)
  const memory = createMemoryStore()
  const both: Inserts = async (rows) => {
    memory.insertBlock(rows.table, rows.rows, rows.columns)
    await real(rows)
  }
  const runs = Array.from({ length: 12 }, (_, i) => createRun('model', `r${i}`))
  const table = createSeriesTable()
  // Older rows after newer ones, and the same version twice.
  for (const version of [5, 9, 7, 9]) {
    for (const run of runs) applyFrame(table, createPointsBatch(), run, randomFrame(random, run), 100, 0)
    await flush(
      both,
      table,
      runs.filter(() => random() < 0.8),
      version,
    )
  }
  const load = async (reader: StoreReader) => {
    const fresh = createSeriesTable()
    const loaded = await loadRuns(reader, fresh, runs)
    return loaded.map((run) => ({
      ...describe(run, fresh),
      versions: [run.metadataVersion, run.stateVersion, run.loadedVersion],
    }))
  }
  assert.deepEqual(await load(memory.reader), await load(store.sinkReader))
})

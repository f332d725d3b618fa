import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { StoreTrouble } from '../../schema/store.ts'
import { codesOf } from '../../schema/value-encoding.ts'
import { deferred } from '../deferred.fixture.ts'
import { mergeNice, mergeThreads } from './engine.ts'
import { openRemote, quiet, startStoreProcess } from './server.fixture.ts'
import { openStore, type Store } from './store.ts'

const options = { readSessions: 3, queryTimeoutMs: 5_000, queryMemoryBytes: 2e9, logger: quiet }

/** Both stores keep one contract: the same tests for each. */
const ways: Record<string, (directory: string) => Promise<{ store: Store; close(): Promise<void> }>> = {
  async embedded(directory) {
    const store = await openStore({ dataDir: directory, ...options })
    return { store, close: () => store.close() }
  },
  async remote(directory) {
    const server = await startStoreProcess(directory, { READ_SESSIONS: '3' })
    const store = await openRemote(server.url, options)
    return {
      store,
      async close() {
        await store.close()
        assert.equal(await server.stop(), 0)
      },
    }
  },
}

const awkward = [
  'plain',
  "it's",
  'back\\slash',
  'tab\tnew\nline\r',
  'nul\0byte',
  '日本語 🎉',
  '',
  "\\'; DROP TABLE points; --",
  '\\N',
]

/** Zeros of one metric at one step, at log positions from `firstOrd` on. */
function pointsOfRun(run: bigint, rows: number, firstOrd: bigint) {
  const zeros = new BigUint64Array(rows)
  return [
    { name: 'run', type: 'UInt64', data: zeros.map(() => run) },
    ...['metric', 'code'].map((name) => ({ name, type: 'UInt64', data: zeros }) as const),
    { name: 'step', type: 'Int64', data: new BigInt64Array(rows) },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: new BigInt64Array(rows) },
    { name: 'ord', type: 'UInt64', data: zeros.map((_, row) => firstOrd + BigInt(row)) },
  ] as const
}

for (const [name, open] of Object.entries(ways)) describe(`the ${name} store`, () => contract(open))

function contract(open: (typeof ways)[string]): void {
  let store: Store
  let directory: string
  let close: () => Promise<void>

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stepstream-store-'))
    ;({ store, close } = await open(directory))
  })
  after(async () => {
    await close()
    await rm(directory, { recursive: true, force: true })
  })

  const serverSetting = async (name: string) => {
    const [row] = await store.reader.rows<{ value: string }>(
      'SELECT value FROM system.server_settings WHERE name = {name:String}',
      { name },
    )
    return Number(row?.value)
  }

  test('merges take half of the processors at most, and yield to what somebody waits for', async () => {
    assert.equal(await serverSetting('background_pool_size'), mergeThreads())
    assert.equal(await serverSetting('os_threads_nice_value_merge_mutate'), mergeNice)
    assert.deepEqual(
      [1, 2, 3, 16].map((processors) => mergeThreads(processors)),
      [1, 1, 1, 8],
    )
  })

  test('a text parameter arrives as it was given, whatever is in it', async () => {
    for (const text of awkward) {
      const [row] = await store.reader.rows<{ value: string }>('SELECT {text:String} AS value', { text })
      assert.equal(row?.value, text)
    }
  })

  test('texts in an array parameter arrive as they were given', async () => {
    const [row] = await store.reader.rows<{ value: string[] }>('SELECT {texts:Array(String)} AS value', {
      texts: awkward,
    })
    assert.deepEqual(row?.value, awkward)
  })

  test('number parameters keep every bit', async () => {
    const numbers = [
      0.1,
      -0,
      5e-324,
      1.7976931348623157e308,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]
    for (const value of numbers) {
      const { columns } = await store.reader.columns('SELECT {value:Float64} AS value', { value })
      assert.ok(Object.is((columns.get('value') as Float64Array)[0], value), `${value}`)
    }
    const { columns } = await store.reader.columns('SELECT {a:UInt64} AS a, arrayJoin({b:Array(UInt64)}) AS b', {
      a: 18446744073709551615n,
      b: [1n, 18446744073709551614n],
    })
    assert.deepEqual([...(columns.get('a') as BigUint64Array)], [18446744073709551615n, 18446744073709551615n])
    assert.deepEqual([...(columns.get('b') as BigUint64Array)], [1n, 18446744073709551614n])
  })

  test('queries with different parameters run side by side and keep them apart', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => store.reader.rows<{ value: number }>('SELECT {n:UInt32} AS value', { n })),
    )
    answers.forEach((rows, n) => {
      assert.equal(rows[0]?.value, n)
    })
  })

  test('a block waits for its turn: nothing of it is there before, and nothing if that throws', async () => {
    const rows = 20_000
    const columns = pointsOfRun(77n, rows, 0n)
    const counted = 'SELECT toUInt32(count()) AS rows FROM points WHERE run = 77'
    const stored = async () => (await store.sinkReader.rows<{ rows: number }>(counted))[0]!.rows
    const refused = store.insertBlock('points', rows, columns, 'turn:0', () => Promise.reject(new Error('lost')))
    await assert.rejects(refused, /lost/)
    const asked = deferred()
    const turn = deferred()
    const inserted = store.insertBlock('points', rows, columns, 'turn:0', () => {
      asked.resolve()
      return turn.promise
    })
    await asked.promise
    assert.equal(await stored(), 0)
    turn.resolve()
    await inserted
    assert.equal(await stored(), rows)
  })

  test('a block comes back bit-exact, and is stored once under one token', async () => {
    const values = Float64Array.from([Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-310])
    const columns = [
      { name: 'run', type: 'UInt64', data: new BigUint64Array(4).fill(2n ** 64n - 1n) },
      { name: 'metric', type: 'UInt64', data: new BigUint64Array(4).fill(3n) },
      { name: 'step', type: 'Int64', data: BigInt64Array.from([-(2n ** 53n) + 1n, 0n, 1n, 2n ** 53n - 1n]) },
      { name: 'time', type: "DateTime64(3, 'UTC')", data: BigInt64Array.from([-1n, 0n, 1n, 1_700_000_000_000n]) },
      { name: 'code', type: 'UInt64', data: codesOf(values) },
      { name: 'ord', type: 'UInt64', data: BigUint64Array.from([1n, 2n, 3n, 4n]) },
    ] as const
    for (let i = 0; i < 3; i++) await store.insertBlock('points', 4, columns, 'p:0-9')
    const answer = await store.reader.columns(
      'SELECT step, time, value FROM point_values WHERE run = {run:UInt64} ORDER BY step',
      { run: 2n ** 64n - 1n },
    )
    assert.equal(answer.rows, 4)
    assert.deepEqual(answer.columns.get('step'), columns[2].data)
    assert.deepEqual(answer.columns.get('time'), columns[3].data)
    assert.deepEqual(
      new Uint8Array((answer.columns.get('value') as Float64Array).buffer),
      new Uint8Array(values.buffer),
    )
  })

  test('blocks of points without the log positions that are asked for are not read', async () => {
    for (const first of [100n, 200n, 300n])
      await store.insertBlock('points', 2, pointsOfRun(7n, 2, first), `p:${first}`)
    const parts = async (ord: bigint) => {
      const sql = 'EXPLAIN ESTIMATE SELECT step FROM points WHERE run = 7 AND ord >= {ord:UInt64}'
      return (await store.reader.rows<{ parts: number | string }>(sql, { ord })).map((row) => Number(row.parts))
    }
    assert.deepEqual([await parts(100n), await parts(201n), await parts(300n), await parts(302n)], [[3], [2], [1], [0]])
  })

  test('a block is one part, however many rows it has', async () => {
    const rows = 3_000_000
    const numbers = BigUint64Array.from({ length: rows }, (_, i) => BigInt(i))
    await store.command(
      'CREATE TABLE many (a UInt64) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10',
    )
    await store.insertBlock('many', rows, [{ name: 'a', type: 'UInt64', data: numbers }], 't')
    const [row] = await store.reader.rows<{ parts: number; rows: number }>(
      'SELECT toUInt32(uniqExact(_part)) AS parts, toUInt32(count()) AS rows FROM many',
    )
    assert.deepEqual(row, { parts: 1, rows })
  })

  test('texts, maps and nullable columns of a block arrive as given', async () => {
    const columns = [
      { name: 'project', type: 'String', data: ['p', 'p'] },
      { name: 'run', type: 'String', data: ['r1', '日本'] },
      { name: 'params_text', type: 'Map(String, String)', data: [new Map([['a', "x'\n"]]), new Map()] },
      {
        name: 'params_number',
        type: 'Map(String, Float64)',
        data: [
          new Map(),
          new Map([
            ['lr', 0.1],
            ['n', Number.NaN],
          ]),
        ],
      },
    ] as const
    await store.insertBlock('runs', 2, columns)
    const rows = await store.reader.rows(
      `SELECT run, params_text, toString(params_number['lr']) AS lr, isNaN(params_number['n']) AS n FROM runs WHERE project = 'p' ORDER BY run`,
    )
    assert.deepEqual(rows, [
      { run: 'r1', params_text: { a: "x'\n" }, lr: '0', n: 0 },
      { run: '日本', params_text: {}, lr: '0.1', n: 1 },
    ])
    await store.command('CREATE TABLE nullable (a Nullable(Int64)) ENGINE = MergeTree ORDER BY tuple()')
    await store.insertBlock('nullable', 3, [{ name: 'a', type: 'Nullable(Int64)', data: [null, -5, null] }])
    assert.deepEqual(await store.reader.rows('SELECT toInt32(a) AS a FROM nullable ORDER BY a'), [
      { a: -5 },
      { a: null },
      { a: null },
    ])
  })

  test('trouble of the engine has a kind', async () => {
    const slow = 'SELECT sum(sipHash64(number)) AS s FROM numbers(100000000000)'
    const cases: [StoreTrouble['kind'], () => Promise<unknown>][] = [
      ['timeout', () => store.reader.rows(slow, {}, { timeoutMs: 200 })],
      ['rejected', () => store.reader.rows('SELECT nothing_of_that_name')],
    ]
    for (const [kind, ask] of cases) {
      await assert.rejects(ask, (error) => error instanceof StoreTrouble && error.kind === kind)
    }
  })

  test('parameters of a megabyte arrive whole', async () => {
    const numbers = Array.from({ length: 100_000 }, (_, i) => 2n ** 63n + BigInt(i))
    const rows = await store.reader.rows(
      'SELECT toUInt32(length({numbers:Array(UInt64)})) AS n, toString(arrayMax({numbers:Array(UInt64)})) AS most',
      { numbers },
    )
    assert.deepEqual(rows, [{ n: 100_000, most: String(2n ** 63n + 99_999n) }])
  })

  test('a parameter of one question is not there for the next', async () => {
    const ask = () => store.reader.rows('SELECT {secret:String} AS value')
    for (let i = 0; i < 4; i++) await store.reader.rows('SELECT {secret:String} AS value', { secret: 's' })
    for (let i = 0; i < 4; i++)
      await assert.rejects(ask, (error) => error instanceof StoreTrouble && error.kind === 'rejected')
  })

  test('questions that are given up are killed, so that their sessions serve again at once', async () => {
    const slow = 'SELECT sum(sipHash64(number)) AS s FROM numbers(10000000000)'
    const asked = Array.from({ length: 6 }, () => store.reader.rows(slow, {}, { signal: AbortSignal.timeout(200) }))
    for (const outcome of await Promise.allSettled(asked)) assert.equal(outcome.status, 'rejected')
    const started = Date.now()
    assert.deepEqual(await store.reader.rows('SELECT 1 AS one'), [{ one: 1 }])
    assert.ok(Date.now() - started < 2_000, `${Date.now() - started} ms`)
  })

  test('an aborted question is given up at once and its session serves again', async () => {
    const started = Date.now()
    const abort = AbortSignal.timeout(50)
    await assert.rejects(store.reader.rows('SELECT sleep(1)', {}, { signal: abort }))
    assert.ok(Date.now() - started < 700)
    assert.deepEqual(await store.reader.rows('SELECT 1 AS one'), [{ one: 1 }])
  })
}

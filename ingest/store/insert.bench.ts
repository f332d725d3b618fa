import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { BlockColumn } from './native-block.ts'
import { openStore, type Store } from './store.ts'

/**
 * Which way into the embedded store, with what durability and what width of keys? 1 M-row blocks of the sparse shape, one
 * point of each of 1 M series, in order of the key; each way checks its count before its times are told.
 *
 *     node dist/ingest/store/insert.bench.js
 */
const rows = 1_000_000
const rounds = 5
const metricsPerRun = 100

type Way = {
  readonly name: string
  readonly runType: 'UInt64' | 'UInt128'
  readonly settings: string
  /** Makes a block ready; the returned function, which is timed, inserts it. */
  prepare(store: Store, table: string, round: number): () => Promise<void>
}

const durable = 'non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1'
const native = (wide: boolean) => (store: Store, table: string, round: number) => {
  const block = columns(round, wide)
  return () => store.insertBlock(table, rows, block, `${table}-${round}`)
}

const ways: readonly Way[] = [
  { name: 'Native file, synced (ours)', runType: 'UInt64', settings: durable, prepare: native(false) },
  { name: 'Native file, not synced', runType: 'UInt64', settings: 'index_granularity = 8192', prepare: native(false) },
  { name: 'Native file, synced, 128-bit run', runType: 'UInt128', settings: durable, prepare: native(true) },
  { name: 'JSONEachRow in the statement', runType: 'UInt64', settings: durable, prepare: json },
]

function columns(round: number, wide: boolean): BlockColumn[] {
  const runs = rows / metricsPerRun
  const run = new BigUint64Array(wide ? rows * 2 : rows)
  const metric = new BigUint64Array(rows)
  for (let row = 0; row < rows; row++) {
    const key = (BigInt(Math.floor(row / metricsPerRun)) * 2n ** 64n) / BigInt(runs)
    if (wide) run[row * 2 + 1] = key
    else run[row] = key
    metric[row] = (BigInt(row % metricsPerRun) * 2n ** 64n) / BigInt(metricsPerRun)
  }
  const value = Float64Array.from({ length: rows }, () => Math.exp(-round / 10) + Math.random() / 100)
  return [
    { name: 'run', type: wide ? 'UInt128' : 'UInt64', data: run },
    { name: 'metric', type: 'UInt64', data: metric },
    { name: 'step', type: 'Int64', data: new BigInt64Array(rows).fill(BigInt(round)) },
    {
      name: 'time',
      type: "DateTime64(3, 'UTC')",
      data: new BigInt64Array(rows).fill(BigInt(1_700_000_000_000 + round)),
    },
    { name: 'value', type: 'Float64', data: value },
    { name: 'ord', type: 'UInt64', data: new BigUint64Array(rows).fill(BigInt(round)) },
  ]
}

/** A twentieth of the rows: enough to tell, and the statement is a text. */
function json(store: Store, table: string, round: number): () => Promise<void> {
  const [run, metric, , , value] = columns(round, false).map(
    (column) => column.data as unknown as { [row: number]: number | bigint },
  )
  const lines: string[] = []
  for (let row = 0; row < rows; row += 20) {
    lines.push(
      `{"run":${run![row]},"metric":${metric![row]},"step":${round},"time":"2026-01-01 00:00:00.${round}","value":${value![row]},"ord":${round}}`,
    )
  }
  const statement = `INSERT INTO ${table} SETTINGS async_insert = 0 FORMAT JSONEachRow\n${lines.join('\n')}`
  return () => store.command(statement)
}

const directory = await mkdtemp(join(tmpdir(), 'stepstream-bench-'))
const store = await openStore({
  dataDir: directory,
  readSessions: 1,
  queryTimeoutMs: 60_000,
  queryMemoryBytes: 4e9,
  logger: pino({ level: 'silent' }),
})
console.log('| way in | rows/s | CPU s per 1 M rows |\n| --- | --- | --- |')
for (const [index, way] of ways.entries()) {
  const table = `bench_${index}`
  await store.command(
    `CREATE TABLE ${table} (run ${way.runType}, metric UInt64, step Int64, time DateTime64(3, 'UTC'), value Float64, ord UInt64)
     ENGINE = MergeTree ORDER BY (run, metric, step, ord) SETTINGS ${way.settings}`,
  )
  await way.prepare(store, table, 0)()
  const perRound = Number((await store.reader.rows<{ n: string }>(`SELECT toString(count()) AS n FROM ${table}`))[0]!.n)
  const times: number[] = []
  const cpus: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const insert = way.prepare(store, table, round)
    const cpu = process.cpuUsage()
    const started = performance.now()
    await insert()
    times.push(performance.now() - started)
    const { user, system } = process.cpuUsage(cpu)
    cpus.push((user + system) / 1e6)
  }
  const total = Number((await store.reader.rows<{ n: string }>(`SELECT toString(count()) AS n FROM ${table}`))[0]!.n)
  if (total !== perRound * (rounds + 1) || perRound === 0) throw new Error(`${way.name}: ${total} rows stored`)
  const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1]!
  const perSecond = Math.round((perRound / median(times)) * 1000)
  console.log(`| ${way.name} | ${perSecond.toLocaleString('en')} | ${((median(cpus) / perRound) * 1e6).toFixed(2)} |`)
}
await store.close()
await rm(directory, { recursive: true, force: true })

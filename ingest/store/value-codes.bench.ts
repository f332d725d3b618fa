import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodedSql } from '../../schema/value-codes-sql.ts'
import { blockSettings, insertFromFile } from './insert.ts'
import { nativeBlock } from './native-block.ts'
import { coded, mergedPoints, type Points, pointBlocks } from './points.fixture.ts'
import { quiet } from './server.fixture.ts'
import { openStore } from './store.ts'

/**
 * What do values as codes cost inserts, merges and questions, and save on disk, beside values as they are under other codecs? Candidates take turns; CPU is
 * the engine's, the best of some rounds; all of them must give back the same bits.
 *
 *     node dist/ingest/store/value-codes.bench.js merges sparse|dense KIND [ROUNDS]
 *     node dist/ingest/store/value-codes.bench.js reads KIND STEPS [ROUNDS]
 */
type Candidate = { readonly type: 'Float64' | 'UInt64'; readonly codec: string; readonly blocks?: number }
const candidates: Readonly<Record<string, Candidate>> = {
  'ZSTD(1), values as they are': { type: 'Float64', codec: 'ZSTD(1)' },
  'ZSTD(1) in blocks of 262144': { type: 'Float64', codec: 'ZSTD(1)', blocks: 262_144 },
  'ZSTD(3)': { type: 'Float64', codec: 'ZSTD(3)' },
  'ALP, ZSTD(1)': { type: 'Float64', codec: 'ALP, ZSTD(1)' },
  "codes, T64('bit'), LZ4": { type: 'UInt64', codec: "T64('bit'), LZ4" },
  "codes, T64('bit'), ZSTD(1), as in schema/tables": { type: 'UInt64', codec: "T64('bit'), ZSTD(1)" },
}

const million = 1_000_000
const directory = await mkdtemp(join(tmpdir(), 'stepstream-coded-'))
const spool = await mkdtemp('/dev/shm/stepstream-coded-')
const limits = { queryTimeoutMs: 120_000, queryMemoryBytes: 4e9 }
const store = await openStore({ dataDir: directory, readSessions: 1, logger: quiet, ...limits })
const names = 'run, metric, step, time, value, ord'

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}
const textOf = async (expression: string, from: string) =>
  (await store.reader.rows<{ n: string }>(`SELECT toString(${expression}) AS n FROM ${from}`))[0]!.n
const bytesOf = async (what: string, from: string) => Number(await textOf(`sum(${what}) / sum(rows)`, from)).toFixed(2)
const valueSql = ({ type }: Candidate) => (type === 'UInt64' ? decodedSql('value') : 'value')

async function createTable({ type, codec, blocks }: Candidate): Promise<void> {
  const width = blocks ? ` SETTINGS (min_compress_block_size = ${blocks}, max_compress_block_size = ${blocks})` : ''
  await store.command('CREATE TABLE t AS points')
  await store.command('ALTER TABLE t DROP COLUMN code')
  await store.command(
    `ALTER TABLE t ADD COLUMN value ${type} CODEC(${codec})${width} AFTER time SETTINGS allow_experimental_codecs = 1`,
  )
}

type Files = { readonly plain: string; readonly coded: string; readonly rows: number }

async function filesOf(points: Points, number: number): Promise<Files> {
  const { rows, columns } = points
  const codes = coded(points).columns.map((column) => (column.name === 'code' ? { ...column, name: 'value' } : column))
  const [plain, other] = [join(spool, `${number}.plain`), join(spool, `${number}.coded`)]
  await writeFile(plain, Buffer.concat(nativeBlock(rows, columns)))
  await writeFile(other, Buffer.concat(nativeBlock(rows, codes)))
  return { plain, coded: other, rows }
}

async function insert({ plain, coded, rows }: Files, { type }: Candidate): Promise<void> {
  const path = type === 'UInt64' ? coded : plain
  await store.command(
    insertFromFile({ into: 't', names, path, format: 'Native', settings: blockSettings(rows, undefined) }),
  )
}

/** The best of rounds in which all candidates take turns, by candidate and figure. */
async function turns(
  rounds: number,
  work: (candidate: Candidate) => Promise<Readonly<Record<string, number | string>>>,
): Promise<void> {
  const best = new Map<string, Record<string, number | string>>()
  for (let round = 0; round < rounds; round++) {
    for (const [name, candidate] of Object.entries(candidates)) {
      const before = best.get(name) ?? {}
      for (const [figure, value] of Object.entries(await work(candidate))) {
        const known = before[figure]
        before[figure] = typeof value === 'number' && typeof known === 'number' ? Math.min(known, value) : value
      }
      best.set(name, before)
    }
  }
  const figures = Object.keys([...best.values()][0]!).filter((figure) => figure !== 'bits')
  console.log(`| value | ${figures.join(' | ')} |\n| --- |${' --- |'.repeat(figures.length)}`)
  for (const [name, row] of best) {
    const cells = figures.map((figure) => (typeof row[figure] === 'number' ? row[figure].toFixed(4) : row[figure]))
    console.log(`| ${name} | ${cells.join(' | ')} |`)
  }
  const bits = new Set([...best.values()].map((row) => row.bits))
  if (bits.size > 1) throw new Error('not all candidates hold the same bits')
}

const columnBytes = "system.parts_columns WHERE table = 't' AND active AND column = 'value'"
const fingerprint = (candidate: Candidate) =>
  textOf(`groupBitXor(cityHash64(run, metric, step, reinterpretAsUInt64(${valueSql(candidate)})))`, 't')

/** Ten fresh parts of a million rows and one merge of them. */
async function merges(shape: 'sparse' | 'dense', kind: string, rounds: number): Promise<void> {
  const files: Files[] = []
  const blockOf = pointBlocks(shape, kind, million)
  for (let block = 0; block < 10; block++) files.push(await filesOf(blockOf(block), block))
  await turns(rounds, async (candidate) => {
    await createTable(candidate)
    await store.command('SYSTEM STOP MERGES t')
    const inserts = await cpuOf(async () => {
      for (const file of files) await insert(file, candidate)
    })
    const fresh = await bytesOf('column_data_compressed_bytes', columnBytes)
    await store.command('SYSTEM START MERGES t')
    const merge = await cpuOf(() => store.command('OPTIMIZE TABLE t FINAL'))
    const merged = await bytesOf('column_data_compressed_bytes', columnBytes)
    const bits = await fingerprint(candidate)
    await store.command('DROP TABLE t SYNC')
    return {
      ...{ 'insert, CPU s per 1 M': inserts / 10, 'merge, CPU s per 1 M': merge / 10 },
      ...{ 'value, bytes fresh': fresh, 'value, bytes merged': merged, bits },
    }
  })
}

/** A chart's rows of 100 series, a sum over one column, and 20 short questions. */
async function reads(kind: string, steps: number, rounds: number): Promise<void> {
  const file = await filesOf(mergedPoints(kind, Math.max(million, steps * 100), steps), 0)
  const pairs = `(run, metric) IN (SELECT run, metric FROM t WHERE step = 7 ORDER BY cityHash64(metric) LIMIT 20)`
  await turns(rounds, async (candidate) => {
    await createTable(candidate)
    await insert(file, candidate)
    await store.command('OPTIMIZE TABLE t FINAL')
    const value = valueSql(candidate)
    const some = 'metric IN (SELECT DISTINCT metric FROM t) LIMIT 1000000'
    const chartOf = (shown: string) =>
      `SELECT toUInt16(bitShiftRight(bitXor(run, metric), 48)) AS series, toInt32(step) AS at, ${shown} AS v FROM t PREWHERE ${some} SETTINGS max_threads = 1`
    const times: Record<string, number> = {}
    const measure = async (name: string, sql: string) => {
      const cpu: number[] = []
      const wall: number[] = []
      for (let i = 0; i < 7; i++) {
        const started = performance.now()
        cpu.push(1_000 * (await cpuOf(() => store.reader.columns(sql))))
        wall.push(performance.now() - started)
      }
      times[`${name}, CPU ms`] = Math.min(...cpu)
      times[`${name}, ms`] = Math.min(...wall)
    }
    await measure('chart of 1 M rows', chartOf(value))
    await measure('codes as they are', chartOf('value'))
    await measure(
      'max',
      `SELECT max(${value}) > 1 AS n, min(${value}) AS m FROM (SELECT value FROM t LIMIT 1000000) SETTINGS max_threads = 1`,
    )
    await measure(
      '20 series',
      `SELECT run, metric, step, ${value} AS v FROM t WHERE ${pairs} AND step < 1000 ORDER BY run, metric, step, ord`,
    )
    const bytes = await bytesOf('column_data_compressed_bytes', columnBytes)
    const bits = await fingerprint(candidate)
    await store.command('DROP TABLE t SYNC')
    return { ...times, 'value, bytes': bytes, bits }
  })
}

try {
  const [mode, ...args] = process.argv.slice(2)
  if (mode === 'merges') await merges(args[0] as 'sparse' | 'dense', args[1]!, Number(args[2] ?? 3))
  else if (mode === 'reads') await reads(args[0]!, Number(args[1]), Number(args[2] ?? 3))
  else throw new Error('merges or reads')
} finally {
  await store.close()
  for (const path of [directory, spool]) await rm(path, { recursive: true, force: true })
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { blockSettings, insertFromFile } from './insert.ts'
import { type BlockColumn, nativeBlock } from './native-block.ts'
import { coded, mergedPoints, type Points, pointBlocks, type Shape, valueKinds } from './points.fixture.ts'
import { quiet } from './server.fixture.ts'
import { openStore } from './store.ts'

/**
 * Which codecs of the columns of `points`? Bytes on disk against the CPU of inserts, merges and reads. Every column is compared, bit by
 * bit, with what was put in.
 *
 *     node dist/ingest/store/codecs.bench.js values [kind…]
 *     node dist/ingest/store/codecs.bench.js codes [kind…]
 *     node dist/ingest/store/codecs.bench.js columns
 *     node dist/ingest/store/codecs.bench.js bytes [CANDIDATE…]
 *     node dist/ingest/store/codecs.bench.js merges sparse|dense mixed|KIND [CANDIDATE…]
 *     node dist/ingest/store/codecs.bench.js tables sparse|dense mixed|KIND [CANDIDATE…]
 *     node dist/ingest/store/codecs.bench.js blocks sparse|dense
 */
const [mode, ...args] = process.argv.slice(2)
const million = 1_000_000
const directory = await mkdtemp(join(tmpdir(), 'stepstream-codecs-'))
const limits = { queryTimeoutMs: 120_000, queryMemoryBytes: 6e9 }
const store = await openStore({ dataDir: directory, readSessions: 1, logger: quiet, ...limits })
const rowsOf = <T>(sql: string) => store.reader.rows<T>(sql)
const textOf = async (expression: string, from: string) =>
  (await rowsOf<{ n: string }>(`SELECT toString(${expression}) AS n FROM ${from}`))[0]!.n
const numberOf = async (expression: string, from: string) => Number(await textOf(expression, from))

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = cpuMs()
  await work()
  return cpuMs() - before
}
async function medianCpu(times: number, work: () => Promise<unknown>): Promise<number> {
  const all: number[] = []
  for (let i = 0; i < times; i++) all.push(await cpuOf(work))
  return all.sort((a, b) => a - b)[times >> 1]!
}
const cells = (...list: (string | number)[]) => console.log(`| ${list.join(' | ')} |`)
const header = (...names: string[]) => {
  cells(...names)
  cells(...names.map(() => '---'))
}

/** `ZSTD(1) in blocks of 262144` as the column's definition has it. */
function clause(codec: string): string {
  const [plain, bytes] = codec.split(' in blocks of ')
  const settings = bytes ? ` SETTINGS (min_compress_block_size = ${bytes}, max_compress_block_size = ${bytes})` : ''
  return `CODEC(${plain})${settings}`
}

/** One column alone, under one codec: `bytes, insert ms / read ms` of CPU, both of a million rows. */
async function columnUnder(column: BlockColumn, codec: string): Promise<string> {
  const rows = (column.data as Float64Array).length
  await store.command(`CREATE TABLE one (c ${column.type} ${clause(codec)}) ENGINE = MergeTree ORDER BY tuple()
    SETTINGS min_bytes_for_wide_part = 0, allow_experimental_codecs = 1, allow_suspicious_codecs = 1`)
  const renamed = [{ ...column, name: 'c' } as BlockColumn]
  const insert = await medianCpu(5, () => store.insertBlock('one', rows, renamed))
  // An aggregate over a sub-query reads the column instead of the part's own minimum.
  const read = await medianCpu(3, () =>
    rowsOf('SELECT toString(max(reinterpretAsUInt64(c))) AS n FROM one SETTINGS max_threads = 1'),
  )
  const stored = await textOf('groupBitXor(cityHash64(reinterpretAsUInt64(c)))', 'one')
  const bytes = await numberOf(
    'sum(column_data_compressed_bytes) / sum(rows)',
    "system.parts_columns WHERE table = 'one' AND active",
  )
  await store.command('DROP TABLE one SYNC')
  await checked(renamed, rows, stored, codec)
  return `${bytes.toFixed(3)}, ${((insert * million) / rows).toFixed(0)} / ${((read * million) / rows / 5).toFixed(1)}`
}

/** Five copies were stored, so the hashes of all values are there an odd number of times. */
async function checked(column: BlockColumn[], rows: number, stored: string, codec: string): Promise<void> {
  await store.command(`CREATE TABLE plain (c ${column[0]!.type}) ENGINE = Memory`)
  await store.insertBlock('plain', rows, column)
  const given = await textOf('groupBitXor(cityHash64(reinterpretAsUInt64(c)))', 'plain')
  await store.command('DROP TABLE plain SYNC')
  if (stored !== given) throw new Error(`${codec}: other values came back than were put in`)
}

const named = ({ columns }: Points, name: string) => columns.find((column) => column.name === name)!

async function values(kinds: readonly string[]): Promise<void> {
  const codecs = [
    ['Float64', 'LZ4'],
    ['Float64', 'ZSTD(1)'],
    ['Float64', 'ZSTD(3)'],
    ['Float64', 'Delta, ZSTD(1)'],
    ['Float64', 'Gorilla, LZ4'],
    ['Float64', 'Gorilla, ZSTD(1)'],
    ['Float64', 'FPC(12), LZ4'],
    ['Float64', 'FPC(12), ZSTD(1)'],
    ['Float64', 'ALP, LZ4'],
    ['Float64', 'ALP, ZSTD(1)'],
    ['Float64', 'ZXC(3)'],
    ['UInt64', "T64('bit'), LZ4"],
    ['UInt64', "T64('bit'), ZSTD(1)"],
  ] as const
  for (const kind of kinds) {
    console.log(`\n${kind}: bytes a value, CPU ms of insert / read of 1 M\n`)
    header('codec', 'one step of each series', '50 steps', '10,000 steps')
    const layouts = [
      pointBlocks('sparse', kind, million)(20),
      mergedPoints(kind, million, 50),
      mergedPoints(kind, million, 10_000),
    ]
    for (const [type, codec] of codecs) {
      const row: string[] = []
      for (const points of layouts) {
        const data = named(points, 'value').data as Float64Array
        const column = type === 'UInt64' ? { type, data: new BigUint64Array(data.buffer) } : { type, data }
        row.push(await columnUnder({ name: 'value', ...column }, codec))
      }
      cells(type === 'UInt64' ? `the bits as UInt64, ${codec}` : codec, ...row)
    }
  }
}

/** A row for each codec with a cell for each column. */
async function rowsOfCodecs(codecs: readonly string[], columns: readonly BlockColumn[]): Promise<void> {
  for (const codec of codecs) {
    const row: string[] = []
    for (const column of columns) row.push(await columnUnder(column, codec))
    cells(codec, ...row)
  }
}

/** The column `code` alone, as it is and under what else compresses codes. */
async function codes(kinds: readonly string[]): Promise<void> {
  const codecs = [
    "T64('bit'), LZ4",
    'T64, LZ4',
    "T64('bit'), ZSTD(3)",
    'T64, ZSTD(3)',
    'T64, ZSTD(1)',
    'Delta, T64, ZSTD(3)',
  ]
  for (const kind of kinds) {
    console.log(`\n${kind}: bytes a code, CPU ms of insert / read of 1 M\n`)
    header('codec', 'one step of each series', '50 steps', '1,000 steps', '10,000 steps')
    const layouts = [
      pointBlocks('sparse', kind, million)(20),
      ...[50, 1_000, 10_000].map((steps) => mergedPoints(kind, million, steps)),
    ]
    await rowsOfCodecs(
      codecs,
      layouts.map((points) => named(coded(points), 'code')),
    )
  }
}

async function columns(): Promise<void> {
  const codecs = [
    'LZ4',
    'ZSTD(1)',
    'Delta, LZ4',
    'Delta, ZSTD(1)',
    'DoubleDelta, LZ4',
    'DoubleDelta, ZSTD(1)',
    'T64, LZ4',
    'T64, ZSTD(1)',
    'Delta, T64, ZSTD(1)',
    'GCD, LZ4',
    'ZSTD(1) in blocks of 262144',
    'Delta, ZSTD(1) in blocks of 262144',
    'T64, ZSTD(1) in blocks of 262144',
    'ZSTD(1) in blocks of 1048576',
    'Delta, ZSTD(1) in blocks of 1048576',
  ]
  const layouts = [
    ['sparse, one step', pointBlocks('sparse', 'epoch', million)(20)],
    ['50 steps', mergedPoints('epoch', million, 50)],
    ['1,000 steps', mergedPoints('epoch', million, 1_000)],
    ['10,000 steps', mergedPoints('epoch', million, 10_000)],
    ['dense, 1,000 steps', pointBlocks('dense', 'epoch', million)(20)],
  ] as const
  for (const name of ['run', 'metric', 'step', 'time', 'ord']) {
    console.log(`\n${name}: bytes a value, CPU ms of insert / read of 1 M\n`)
    header('codec', ...layouts.map(([layout]) => layout))
    await rowsOfCodecs(
      codecs,
      layouts.map(([, points]) => named(points, name)),
    )
  }
}

type Candidate = {
  readonly codecs: Readonly<Record<string, string>>
  readonly settings?: string
  /** What is stored in place of the Float64: the same bits, or codes in the table as it is, but for `codecs`. */
  readonly valueType?: 'UInt64' | 'codes'
}
const types = { run: 'UInt64', metric: 'UInt64', step: 'Int64', time: "DateTime64(3, 'UTC')", ord: 'UInt64' }
const columnOf = ({ valueType }: Candidate) => (valueType === 'codes' ? 'code' : 'value')
const durable =
  'non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1'
const columnNames = ['run', 'metric', 'step', 'time', 'value', 'ord'] as const
const everywhere = (codec: string) => Object.fromEntries(columnNames.map((name) => [name, codec]))
const wide = ' in blocks of 262144'
const keys = {
  run: 'ZSTD(1)',
  metric: `ZSTD(1)${wide}`,
  step: 'DoubleDelta, LZ4',
  time: `Delta, ZSTD(3)${wide}`,
  ord: `Delta, ZSTD(3)${wide}`,
}
const vertical = 'vertical_merge_algorithm_min_columns_to_activate = 1'
const like = (changed: Readonly<Record<string, string>>, settings = vertical): Candidate => {
  return { codecs: { ...keys, value: 'ZSTD(1)', ...changed }, settings }
}
const ours = 'ours, as in schema/tables'
const candidates: Readonly<Record<string, Candidate>> = {
  'LZ4 everywhere': { codecs: {} },
  'LZ4 everywhere, vertical merges': { codecs: {}, settings: vertical },
  'ZSTD(1) everywhere': { codecs: everywhere('ZSTD(1)'), settings: vertical },
  [ours]: { codecs: {}, valueType: 'codes' },
  'ours, in large parts': {
    codecs: { time: 'Delta, ZSTD(3) in blocks of 1048576', code: "T64('bit'), ZSTD(3)", ord: `Delta, ZSTD(3)${wide}` },
    valueType: 'codes',
  },
  'ours, before codecs by size': {
    codecs: { time: `Delta, ZSTD(3)${wide}`, code: "T64('bit'), ZSTD(1)", ord: `Delta, ZSTD(3)${wide}` },
    valueType: 'codes',
  },
  'ours, values as they are': like({}),
  'ours, value LZ4': like({ value: 'LZ4' }),
  'ours, value Gorilla, ZSTD(1)': like({ value: 'Gorilla, ZSTD(1)' }),
  'ours, value ALP, ZSTD(1)': like({ value: 'ALP, ZSTD(1)' }),
  "ours, the value's bits as UInt64, T64('bit'), LZ4": { ...like({ value: "T64('bit'), LZ4" }), valueType: 'UInt64' },
  'ours, narrow blocks': like({ metric: 'ZSTD(1)', time: 'Delta, ZSTD(3)', ord: 'Delta, ZSTD(3)' }),
  'ours, time Delta, T64, ZSTD(1)': like({ time: `Delta, T64, ZSTD(1)${wide}` }),
  'ours, time and ord Delta, ZSTD(1)': like({ time: `Delta, ZSTD(1)${wide}`, ord: `Delta, ZSTD(1)${wide}` }),
  'ours, time and ord T64, ZSTD(1)': like({ time: `T64, ZSTD(1)${wide}`, ord: `T64, ZSTD(1)${wide}` }),
  'ours, run, step, time and ord LZ4': like({ run: 'LZ4', step: 'LZ4', time: 'LZ4', ord: 'LZ4' }),
  'ours, merges of all columns at once': like({}, ''),
  'ours, merges in blocks of 64 k rows': like({}, `${vertical}, merge_max_block_size = 65536`),
  'ours, merges of 8 parts or more': like({}, `${vertical}, min_parts_to_merge_at_once = 8`),
  'ours, granules of 32 k rows': like({}, `${vertical}, index_granularity = 32768`),
}

/** Those that differ in the bytes of a merged part. */
const bytesOf = [
  'LZ4 everywhere',
  'ZSTD(1) everywhere',
  ours,
  'ours, values as they are',
  'ours, value Gorilla, ZSTD(1)',
  'ours, value ALP, ZSTD(1)',
  "ours, the value's bits as UInt64, T64('bit'), LZ4",
]

async function createTable({ codecs, settings, valueType }: Candidate): Promise<void> {
  if (valueType === 'codes') {
    await store.command('CREATE TABLE t AS points')
    for (const [name, codec] of Object.entries(codecs)) {
      const type = { ...types, code: 'UInt64' }[name]
      await store.command(`ALTER TABLE t MODIFY COLUMN ${name} ${type} ${clause(codec)}`)
    }
    return
  }
  const list = Object.entries({ ...types, value: valueType ?? 'Float64' }).map(
    ([name, type]) => `${name} ${type} ${codecs[name] ? clause(codecs[name]) : ''}`,
  )
  await store.command(`CREATE TABLE t (${list.join(', ')}) ENGINE = MergeTree ORDER BY (run, metric, step, ord)
    SETTINGS ${[durable, ...(settings ? [settings] : []), 'allow_experimental_codecs = 1'].join(', ')}`)
}

type Files = { readonly rows: number; readonly paths: readonly string[] }

/** Blocks as files in memory, so that what is measured is the engine alone. */
async function writeBlocks(shape: Shape, kind: string, rowsPerBlock: number, rows: number): Promise<Files> {
  const blockOf = pointBlocks(shape, kind, rowsPerBlock)
  const paths: string[] = []
  for (let block = 0; block * rowsPerBlock < rows; block++) {
    const points = blockOf(block)
    const path = join(spool, `${block}.native`)
    await writePoints(path, points)
    paths.push(path)
  }
  return { rows: rowsPerBlock, paths }
}

const spool = await mkdtemp('/dev/shm/stepstream-codecs-')
/** Values as they are, and beside that file the same as codes. */
async function writePoints(path: string, points: Points): Promise<void> {
  await writeFile(path, Buffer.concat(nativeBlock(points.rows, points.columns)))
  await writeFile(`${path}.coded`, Buffer.concat(nativeBlock(points.rows, coded(points).columns)))
}

async function insert(path: string, rows: number, { valueType }: Candidate): Promise<void> {
  const [names, file] =
    valueType === 'codes'
      ? ['run, metric, step, time, code, ord', `${path}.coded`]
      : ['run, metric, step, time, value, ord', path]
  const settings = blockSettings(rows, path)
  const statement = insertFromFile({ into: 't', names, path: file, format: 'Native', settings })
  await store.command(
    valueType === 'UInt64'
      ? statement.replace(
          'SELECT run, metric, step, time, value',
          'SELECT run, metric, step, time, reinterpretAsUInt64(value)',
        )
      : statement,
  )
}
const bytesPerPoint = () => numberOf('sum(bytes_on_disk) / sum(rows)', "system.parts WHERE table = 't' AND active")
const eventOf = (name: string) => numberOf('sum(value)', `system.events WHERE event = '${name}'`)
const fingerprint = (value: string) =>
  textOf(`groupBitXor(cityHash64(run, metric, step, time, reinterpretAsUInt64(${value}), ord))`, 't')

async function bytesByColumn(): Promise<string> {
  const list = await rowsOf<{ bytes: number }>(
    `SELECT column, sum(column_data_compressed_bytes) / sum(rows) AS bytes FROM system.parts_columns
     WHERE table = 't' AND active GROUP BY column ORDER BY min(column_position)`,
  )
  return list.map(({ bytes }) => bytes.toFixed(3)).join(' / ')
}

/** Until the engine has no merge under way and begins none. */
async function settled(): Promise<void> {
  let calm = 0
  while (calm < 7) {
    await sleep(1_000)
    calm = (await numberOf('count()', 'system.merges')) === 0 ? calm + 1 : 0
  }
}

const bucketsSql = (
  value: string,
  where: string,
) => `WITH reinterpretAsFloat64(${value}) AS number, reinterpretAsInt64(${value}) AS bits
  SELECT count() AS n FROM (SELECT run, metric, bitAnd(step, -64) AS bucket, argMin(number, step), argMax(number, step), count(),
  min(bitShiftLeft(toInt128(bits), 64) + step), max(bitShiftLeft(toInt128(bits), 64) - step)
  FROM t WHERE ${where} GROUP BY run, metric, bucket) SETTINGS max_threads = 1`

async function tables(
  shape: Shape,
  kind: string,
  names: readonly string[],
  rowsPerBlock: number,
  rows: number,
): Promise<void> {
  const blocks = await writeBlocks(shape, kind, rowsPerBlock, rows)
  const total = blocks.paths.length * blocks.rows
  for (const name of names) {
    const candidate = candidates[name]
    if (candidate === undefined) throw new Error(`no such candidate: ${name}`)
    const value = columnOf(candidate)
    const perMillion = (ms: number, of = total) => ((ms * million) / of / 1_000).toFixed(3)
    await createTable(candidate)
    await store.command('SYSTEM STOP MERGES t')
    const few = blocks.paths.slice(0, 6)
    const inserting: number[] = []
    for (const path of few) inserting.push(await cpuOf(() => insert(path, blocks.rows, candidate)))
    const fresh = await bytesPerPoint()
    await store.command('DROP TABLE t SYNC')

    await createTable(candidate)
    const mergedBefore = await eventOf('MergedRows')
    const started = performance.now()
    let spent = performance.now()
    const cpu = await cpuOf(async () => {
      for (const path of blocks.paths) await insert(path, blocks.rows, candidate)
      spent = performance.now() - started
      await settled()
    })
    const amplification = ((await eventOf('MergedRows')) - mergedBefore) / total
    const settledBytes = await bytesPerPoint()
    const parts = await numberOf('count()', "system.parts WHERE table = 't' AND active")
    const before = await fingerprint(value)
    const finalCpu = await cpuOf(() => store.command('OPTIMIZE TABLE t FINAL SETTINGS max_execution_time = 0'))
    if ((await fingerprint(value)) !== before) throw new Error(`${name}: other values after a merge`)
    if ((await numberOf('count()', 't')) !== total) throw new Error(`${name}: not all points are stored`)
    const finalBytes = await bytesPerPoint()
    const scan = await medianCpu(3, () =>
      rowsOf(`SELECT max(reinterpretAsUInt64(${value})) > 1 AS n FROM t SETTINGS max_threads = 1`),
    )
    const buckets = await medianCpu(3, () => rowsOf(bucketsSql(value, `run < ${2n ** 64n / 10n}`)))
    const bucketed = await numberOf(`count()`, `t WHERE run < ${2n ** 64n / 10n}`)
    const short = await shortRead(value)
    cells(
      name,
      perMillion(inserting.sort((a, b) => a - b)[few.length >> 1]!, blocks.rows),
      perMillion(cpu),
      amplification.toFixed(1),
      parts,
      (total / spent / 1_000).toFixed(1),
      fresh.toFixed(2),
      settledBytes.toFixed(2),
      `**${finalBytes.toFixed(2)}**`,
      await bytesByColumn(),
      perMillion(finalCpu),
      ((scan * million) / total).toFixed(1),
      ((buckets * million) / bucketed).toFixed(0),
      short.toFixed(1),
    )
    await store.command('DROP TABLE t SYNC')
  }
  for (const path of blocks.paths) for (const file of [path, `${path}.coded`]) await rm(file)
}

/** Bytes a point on disk, with marks and primary index, of one part that merges have made. */
async function bytes(names: readonly string[]): Promise<void> {
  header('values', 'steps of a series', ...names)
  for (const kind of [...Object.keys(valueKinds), 'mixed']) {
    const merged = (steps: number) =>
      [`sparse, ${steps.toLocaleString('en')}`, mergedPoints(kind, million, steps)] as const
    // Series of real values repeat sixteen trainings, which a block of short ones would show.
    const layouts = kind.startsWith('real')
      ? [merged(10_000)]
      : [merged(50), merged(1_000), merged(10_000), ['dense, 1,000', pointBlocks('dense', kind, million)(0)] as const]
    for (const [layout, points] of layouts) {
      const path = join(spool, 'bytes.native')
      await writePoints(path, points)
      const row: string[] = []
      for (const name of names) {
        await createTable(candidates[name]!)
        await insert(path, points.rows, candidates[name]!)
        row.push((await bytesPerPoint()).toFixed(2))
        await store.command('DROP TABLE t SYNC')
      }
      cells(kind, layout, ...row)
    }
  }
}

/** One merge of ten fresh parts, which every background merge is like; candidates take turns, and the best of three is told. */
async function merges(shape: Shape, kind: string, names: readonly string[]): Promise<void> {
  const blocks = await writeBlocks(shape, kind, million, 10 * million)
  const results = new Map<string, { insert: number; merge: number; told: (string | number)[] }>()
  for (let round = 0; round < 3; round++) {
    for (const name of names) {
      const candidate = candidates[name]
      if (candidate === undefined) throw new Error(`no such candidate: ${name}`)
      const value = columnOf(candidate)
      await createTable(candidate)
      await store.command('SYSTEM STOP MERGES t')
      const insertMs = await cpuOf(async () => {
        for (const path of blocks.paths) await insert(path, blocks.rows, candidate)
      })
      const [fresh, before] = [await bytesPerPoint(), await fingerprint(value)]
      await store.command('SYSTEM START MERGES t')
      const mergeMs = await cpuOf(() => store.command('OPTIMIZE TABLE t FINAL'))
      if ((await fingerprint(value)) !== before) throw new Error(`${name}: other values after a merge`)
      const told = [
        fresh.toFixed(2),
        (await bytesPerPoint()).toFixed(2),
        await bytesByColumn(),
        (await shortRead(value)).toFixed(1),
      ]
      const { insert: bestInsert = insertMs, merge: bestMerge = mergeMs } = results.get(name) ?? {}
      results.set(name, { insert: Math.min(bestInsert, insertMs), merge: Math.min(bestMerge, mergeMs), told })
      await store.command('DROP TABLE t SYNC')
    }
  }
  for (const [name, { insert, merge, told }] of results) {
    cells(name, (insert / 10_000).toFixed(3), (merge / 10_000).toFixed(3), ...told)
  }
}

/** ms of wall time of a question for 20 short series of runs far apart. */
async function shortRead(value: string): Promise<number> {
  const keys = await rowsOf<{ run: string; metric: string }>(
    `SELECT toString(run) AS run, toString(any(metric)) AS metric FROM t WHERE step % 10 = 3 GROUP BY run ORDER BY cityHash64(run) LIMIT 20`,
  )
  const pairs = keys.map(({ run, metric }) => `(${run}, ${metric})`).join(', ')
  const times: number[] = []
  for (let i = 0; i < 15; i++) {
    const started = performance.now()
    await store.reader.columns(
      `SELECT run, metric, step, ${value} FROM t WHERE (run, metric) IN (${pairs}) AND step < 1000 ORDER BY run, metric, step, ord`,
    )
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!
}

const tableHeader = () =>
  header(
    'candidate',
    'insert, CPU s per 1 M',
    'insert and merges, CPU s per 1 M',
    'rows merged per row',
    'parts',
    'M rows/s',
    'bytes fresh',
    'settled',
    'one part',
    'run / metric / step / time / value / ord',
    'OPTIMIZE FINAL, CPU s per 1 M',
    'scan of value, CPU ms per 1 M',
    'buckets, CPU ms per 1 M',
    '20 short series, ms',
  )

try {
  if (mode === 'values') await values(args.length > 0 ? args : Object.keys(valueKinds))
  else if (mode === 'codes') await codes(args.length > 0 ? args : ['mixed', ...Object.keys(valueKinds)])
  else if (mode === 'columns') await columns()
  else if (mode === 'tables') {
    const [shape, kind, ...names] = args as [Shape, string, ...string[]]
    tableHeader()
    await tables(shape, kind, names, million, 50 * million)
  } else if (mode === 'bytes') {
    await bytes(args.length > 0 ? args : bytesOf)
  } else if (mode === 'merges') {
    const [shape, kind, ...names] = args as [Shape, string, ...string[]]
    header(
      'candidate',
      'insert, CPU s per 1 M',
      'merge, CPU s per 1 M',
      'bytes fresh',
      'merged',
      columnNames.join(' / '),
      '20 short series, ms',
    )
    await merges(shape, kind, names.length > 0 ? names : Object.keys(candidates))
  } else if (mode === 'blocks') {
    const [shape] = args as [Shape]
    tableHeader()
    for (const rows of [100_000, 300_000, million, 3 * million]) {
      console.log(`blocks of ${rows}`)
      await tables(shape, 'mixed', [ours], rows, 12 * million)
    }
  } else throw new Error('values, codes, columns, bytes, merges, tables or blocks?')
} finally {
  await store.close()
  await rm(spool, { recursive: true, force: true })
  await rm(directory, { recursive: true, force: true })
}

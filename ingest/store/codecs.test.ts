import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { keptBits } from '../../schema/value-codes.fixture.ts'
import { chosenSeed, createRandom } from '../../test/random.ts'
import type { BlockColumn } from './native-block.ts'
import { coded, pointBlocks, valueKinds } from './points.fixture.ts'
import { quiet } from './server.fixture.ts'
import { openStore, type Store } from './store.ts'

let store: Store
let directory: string

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-codecs-'))
  store = await openStore({
    dataDir: directory,
    readSessions: 1,
    logger: quiet,
    queryTimeoutMs: 10_000,
    queryMemoryBytes: 2e9,
  })
})
after(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

test('every column of points that is stored has its codec', async () => {
  const rows = await store.reader.rows<{ name: string; codec: string }>(
    "SELECT name, compression_codec AS codec FROM system.columns WHERE database = currentDatabase() AND table = 'points' AND default_kind != 'EPHEMERAL'",
  )
  assert.deepEqual(Object.fromEntries(rows.map(({ name, codec }) => [name, codec])), {
    run: 'CODEC(ZSTD(1))',
    metric: 'CODEC(ZSTD(1))',
    step: 'CODEC(DoubleDelta, LZ4)',
    time: 'CODEC(Delta(8), Default)',
    code: "CODEC(T64('bit'), Default)",
    ord: 'CODEC(Delta(8), Default)',
  })
})

const rowsPerBlock = 100_000
const kinds = Object.keys(valueKinds)
const random = createRandom(chosenSeed())
const anyWord = () => Math.floor(random() * 2 ** 32)
const wordsOf = (bits: bigint) => [Number(bits & 0xffff_ffffn), Number(bits >> 32n)]
/** Any bits at all in every third time and value. */
function withAnyBits({ columns }: { columns: readonly BlockColumn[] }): readonly BlockColumn[] {
  const words = (name: string) => {
    const { buffer, byteOffset, length } = columns.find((column) => column.name === name)!.data as Float64Array
    return new Uint32Array(buffer, byteOffset, length * 2)
  }
  const [steps, times, values] = [words('step'), words('time'), words('value')]
  for (let row = 0; row < rowsPerBlock; row += 3) {
    // But for NaNs that signal, of which `value-codes.test.ts` is.
    values.set(wordsOf(keptBits((BigInt(anyWord()) << 32n) | BigInt(anyWord()))), row * 2)
    times[row * 2] = anyWord()
    times[row * 2 + 1] = anyWord()
  }
  // Steps as large as they may be: ±2^53.
  for (let row = 1; row < rowsPerBlock; row += 5) {
    steps[row * 2] = anyWord()
    steps[row * 2 + 1] = (anyWord() & 0x1fffff) - (row % 2 === 0 ? 0x200000 : 0)
  }
  return columns
}

test('whatever the columns hold comes back bit by bit, before and after merges', async () => {
  const names = ['run', 'metric', 'step', 'time', 'value', 'ord']
  const given: string[] = []
  for (const [index, kind] of kinds.entries()) {
    const columns = withAnyBits(pointBlocks(index % 2 === 0 ? 'sparse' : 'dense', kind, rowsPerBlock)(index))
    await store.insertBlock('points', rowsPerBlock, coded({ rows: rowsPerBlock, columns }).columns, `any:${index}`)
    const words = names.map((name) => columns.find((column) => column.name === name)!.data as BigUint64Array)
    const parts = words.map(
      ({ buffer, byteOffset, byteLength }) => new BigInt64Array(buffer, byteOffset, byteLength / 8),
    )
    for (let row = 0; row < rowsPerBlock; row += 7) given.push(parts.map((part) => part[row]).join())
  }
  const stored = async () => {
    const columns = names.map((name) => `reinterpretAsInt64(${name})`).join(", ',', ")
    const rows = await store.reader.rows<{ row: string }>(`SELECT concat(${columns}) AS row FROM point_values`)
    return new Set(rows.map(({ row }) => row))
  }
  const missing = (rows: Set<string>) => given.filter((row) => !rows.has(row)).length
  assert.equal(missing(await stored()), 0)
  const count = async () => (await store.reader.rows<{ n: number }>('SELECT toUInt32(count()) AS n FROM points'))[0]!.n
  assert.equal(await count(), kinds.length * rowsPerBlock)
  await store.command('OPTIMIZE TABLE points FINAL')
  assert.equal(missing(await stored()), 0)
  assert.equal(await count(), kinds.length * rowsPerBlock)
})

test('parts are compressed for their size', async () => {
  const codecOf = async (size: string) => {
    const rows = await store.reader.rows<{ codec: string }>(
      `SELECT DISTINCT default_compression_codec AS codec FROM system.parts WHERE table = 'points' AND active AND bytes_on_disk ${size}`,
    )
    return rows.map(({ codec }) => codec)
  }
  await store.command('TRUNCATE TABLE points')
  await store.command('SYSTEM STOP MERGES points')
  for (let part = 0; part < 3; part++) {
    await store.command(
      `INSERT INTO points SELECT 1, 1, number, toDateTime64(0, 3), rand64(), number FROM numbers(${part}e7, 5000000)
       SETTINGS max_insert_block_size = 5000000, min_insert_block_size_rows = 5000000`,
    )
  }
  assert.deepEqual(await codecOf('< 100e6'), ['LZ4'])
  await store.command('SYSTEM START MERGES points')
  await store.command('OPTIMIZE TABLE points FINAL')
  assert.deepEqual([await codecOf('< 100e6'), await codecOf('> 100e6')], [[], ['ZSTD(3)']])
})

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { packageFile } from '../../schema/files.ts'
import { bitsOf, decodedBits, keptBits } from '../../schema/value-codes.fixture.ts'
import { decodedSql, encodedSql, plainSql } from '../../schema/value-codes-sql.ts'
import { codesOf } from '../../schema/value-encoding.ts'
import { chosenSeed, createRandom, whole } from '../../test/random.ts'
import type { Store } from './contract.ts'
import { migrate, readMigrations } from './migrate.ts'
import { openRemote, quiet, type StoreProcess, startStoreProcess } from './server.fixture.ts'
import { openStore } from './store.ts'

let directory: string
let server: StoreProcess
let stores: Readonly<Record<'embedded' | 'remote', Store>>

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-codes-'))
  server = await startStoreProcess(join(directory, 'server'))
  const limits = { queryTimeoutMs: 10_000, queryMemoryBytes: 2e9 }
  stores = {
    embedded: await openStore({ dataDir: join(directory, 'own'), readSessions: 1, logger: quiet, ...limits }),
    remote: await openRemote(server.url),
  }
})
after(async () => {
  for (const store of Object.values(stores)) await store.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Values of all kinds by their bits: awkward ones, NaNs that look like codes, any bits, decimals, noise. */
function someBits(count: number): BigUint64Array {
  const random = createRandom(chosenSeed())
  const word = () => BigInt(Math.floor(random() * 2 ** 32))
  const any = () => (word() << 32n) | word()
  const awkward = [0, -0, Number.NaN, Infinity, -Infinity, 5e-324, 1e22, 0.1 + 0.2, 2 ** 45, 2 ** 45 - 1].map(bitsOf)
  const signalling = () => (0xfff4n << 48n) | (any() & (2n ** 50n - 1n))
  const decimal = () =>
    bitsOf(Number(`${whole(random, -(2 ** 45), 2 ** 45) >> whole(random, 0, 30)}e-${whole(random, 0, 7)}`))
  const large = () => bitsOf(whole(random, -(2 ** 46), 2 ** 46) / 10 ** whole(random, 0, 4))
  const kinds = [any, signalling, decimal, large, () => bitsOf(random())]
  return BigUint64Array.from({ length: count }, (_, i) => awkward[i] ?? kinds[i % kinds.length]!())
}

const bits = someBits(20_000)
const rows = bits.length
const keys = [
  { name: 'run', type: 'UInt64', data: new BigUint64Array(rows).fill(1n) },
  { name: 'metric', type: 'UInt64', data: BigUint64Array.from({ length: rows }, (_, i) => BigInt(i >> 4)) },
  { name: 'step', type: 'Int64', data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)) },
  { name: 'time', type: "DateTime64(3, 'UTC')", data: new BigInt64Array(rows) },
  { name: 'ord', type: 'UInt64', data: new BigUint64Array(rows) },
] as const
const ofTable = async (store: Store, column: string, from = 'points') =>
  (await store.reader.columns(`SELECT ${column} AS c FROM ${from} ORDER BY step`)).columns.get('c') as BigUint64Array

test('the table has the texts that are here', async () => {
  const text = (name: string) => readMigrations(packageFile('schema/tables')).find((each) => each.name === name)!.sql
  assert.ok(text('0022_points_code.sql').includes(` DEFAULT ${plainSql('value')} CODEC`))
  assert.ok(text('0023_points_codes.sql').includes(`UPDATE code = ${encodedSql('value')} WHERE true\n`))
  assert.ok(text('0026_point_values.sql').includes(` ${decodedSql('code')} AS value,`))
})

for (const where of ['embedded', 'remote'] as const) {
  test(`the store makes and reads the same codes (${where})`, async () => {
    const store = stores[where]
    await store.command('TRUNCATE TABLE points')
    const codes = codesOf(new Float64Array(bits.buffer), 1)
    await store.insertBlock('points', rows, [...keys, { name: 'code', type: 'UInt64', data: codes }])
    for (const disabled of ['enable', 'disable', 'force_enable']) {
      const setting = `short_circuit_function_evaluation = '${disabled}'`
      assert.deepEqual(await ofTable(store, 'code'), codes)
      const { columns } = await store.reader.columns(
        `SELECT reinterpretAsUInt64(value) AS bits, ${encodedSql('value')} AS again FROM point_values ORDER BY step SETTINGS ${setting}`,
      )
      assert.deepEqual(columns.get('bits'), bits.map(keptBits))
      assert.deepEqual(columns.get('again'), codes)
    }
  })

  test(`values of before are read as they were, before, during and after they become codes (${where})`, async () => {
    const store = stores[where]
    await store.command('DROP TABLE points SYNC')
    await store.command('DROP VIEW point_values')
    const all = readMigrations(packageFile('schema/tables'))
    // Those up to the last that this is about.
    const ofPoints = all.slice(0, 26).filter(({ name }) => /_points|_point_values/.test(name))
    const upTo = (number: number) => ofPoints.filter(({ name }) => Number(name.slice(0, 4)) <= number)
    await store.command("ALTER TABLE migrations DELETE WHERE name LIKE '%_point%' SETTINGS mutations_sync = 2")
    // What is not about points stays as it is.
    const others = all.filter((each) => !ofPoints.includes(each) && !/_point/.test(each.name))
    const migrateTo = (number: number) => migrate(store, [...others, ...upTo(number)])
    await migrateTo(21)
    const value = { name: 'value', type: 'Float64', data: new Float64Array(bits.buffer) } as const
    for (const from of [0, rows / 2]) {
      const half = [...keys, value].map((column) => ({ ...column, data: column.data.slice(from, from + rows / 2) }))
      await store.insertBlock('points', rows / 2, half as Parameters<Store['insertBlock']>[2], `before:${from}`)
    }
    const kept = bits.map(keptBits)
    assert.deepEqual(await ofTable(store, 'reinterpretAsUInt64(value)'), bits)
    await migrateTo(22)
    assert.deepEqual((await ofTable(store, 'code')).map(decodedBits), kept)
    for (const number of [23, 24, 25, 26]) {
      // Done, but not recorded by a process that died: it is done again.
      for (let again = 0; again < 2; again++) {
        const later = `name >= '00${number}' AND name LIKE '%_point%'`
        await store.command(`ALTER TABLE migrations DELETE WHERE ${later} SETTINGS mutations_sync = 2`)
        assert.equal((await migrateTo(number)).length, 1)
        assert.deepEqual(await ofTable(store, 'code'), codesOf(new Float64Array(bits.buffer), 1), `${number}`)
      }
    }
    assert.deepEqual(await ofTable(store, 'reinterpretAsUInt64(value)', 'point_values'), kept)
    await store.command('OPTIMIZE TABLE points FINAL')
    assert.deepEqual(await ofTable(store, 'reinterpretAsUInt64(value)', 'point_values'), kept)
    const columns = await store.reader.rows<{ column: string }>(
      "SELECT DISTINCT column FROM system.parts_columns WHERE database = currentDatabase() AND table = 'points' AND active",
    )
    const names = columns.map(({ column }) => column).sort()
    assert.deepEqual(names, ['code', 'metric', 'ord', 'run', 'step', 'time'], 'nothing is left of the values')
  })
}

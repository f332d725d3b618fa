import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Store } from '../ingest/store/store.ts'
import { decodedSql } from '../schema/value-codes-sql.ts'
import { type Dataset, makeDataset, runId } from './dataset.ts'
import { pointRows } from './rows.ts'
import { openStoppedStore } from './store.ts'
import { verify } from './verification.ts'

let store: Store
let directory: string

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-bench-test-'))
  store = await openStoppedStore(directory)
})
after(async () => {
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

const key = (run: number) =>
  `reinterpretAsUInt64(substring(SHA256(concat(project, char(0), '${runId(run)}')), 1, 8))`.replace('project', `'harm'`)
const metric = `reinterpretAsUInt64(substring(SHA256('train/accuracy'), 1, 8))`
const one = `run = ${key(1)} AND metric = ${metric} AND step = 3`

/** Each harms one point of one run, without changing how many there are where it says altered. */
const harms: [string, string][] = [
  ['a lost point', `ALTER TABLE points DELETE WHERE ${one}`],
  ['a doubled point', `INSERT INTO points SELECT run, metric, step, time, code, ord + 1 FROM points WHERE ${one}`],
  [
    'one point lost and another doubled',
    `INSERT INTO points SELECT run, metric, step + 1, time, code, ord FROM points WHERE ${one}; ALTER TABLE points DELETE WHERE ${one}`,
  ],
  [
    'a value altered in its last bit',
    `ALTER TABLE points UPDATE code = bitXor(reinterpretAsUInt64(${decodedSql('code')}), 1) WHERE ${one}`,
  ],
  ['a time altered by a millisecond', `ALTER TABLE points UPDATE time = addMilliseconds(time, 1) WHERE ${one}`],
  [
    'two values of a series swapped',
    `ALTER TABLE points UPDATE code = reinterpretAsUInt64((SELECT sum(value) FROM point_values WHERE run = ${key(1)} AND metric = ${metric} AND step IN (3, 4)) - ${decodedSql('code')}) WHERE run = ${key(1)} AND metric = ${metric} AND step IN (3, 4)`,
  ],
]

async function insert(dataset: Dataset): Promise<void> {
  const { rows, columns } = pointRows(dataset, 0, dataset.frames / dataset.runs, 'arrival')
  await store.insertBlock('points', rows, columns)
}

for (const shape of ['dense', 'sparse'] as const) {
  test(`${shape}: points stored as they were sent are found exact, NaN and infinities among them`, async () => {
    const dataset = makeDataset({ shape, seed: 5, project: `exact ${shape}`, runs: 9, frames: 9 * 15 })
    await insert(dataset)
    const result = await verify(store.reader, dataset)
    assert.deepEqual(result.differences, [])
    assert.equal(result.storedPoints, dataset.points)
    assert.ok(result.storedExactly)
  })
}

for (const [name, statements] of harms) {
  test(`${name} is found, in the run it happened to`, async () => {
    const dataset = makeDataset({ shape: 'dense', seed: 5, project: 'harm', runs: 3, frames: 6 })
    await store.command('TRUNCATE TABLE points')
    await insert(dataset)
    assert.ok((await verify(store.reader, dataset)).storedExactly)
    for (const statement of statements.split('; ')) {
      await store.command(`${statement}${statement.startsWith('ALTER') ? ' SETTINGS mutations_sync = 1' : ''}`)
    }
    const result = await verify(store.reader, dataset)
    assert.equal(result.storedExactly, false)
    assert.equal(result.runsDiffering, 1)
    assert.match(result.differences[0]!, /^run-000001: /)
  })
}

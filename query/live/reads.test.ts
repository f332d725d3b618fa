import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { metricKey, runKey } from '../../schema/keys.ts'
import { openTestStore, type TestStore } from '../fixture.ts'
import { type LiveStretch, livePoints } from '../sql/live-points.ts'
import { readLogged } from './reads.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

const [run, metric] = [runKey('live', 'run'), metricKey('loss')]
const steps = { fromStep: -1e9, toStep: 1e9 }
const after10 = (toOrd: number): LiveStretch => ({ runs: [run], metrics: [metric], fromOrd: 11, toOrd, ...steps })

/** Log positions as given, of one series, in one insert. */
const insert = (first: number, last: number) =>
  store.command(`INSERT INTO points (run, metric, step, time, code, ord)
    SELECT ${run}, ${metric}, number, now64(3), number, number FROM numbers(${first}, ${last - first + 1})`)

test('what is new is found whatever parts it is in, and merged parts without anything new are not read', async () => {
  await insert(1, 5)
  await insert(6, 10)
  await store.command('OPTIMIZE TABLE points FINAL')
  await insert(11, 13)
  const read = await readLogged(store.reader, [after10(20)], 100, {})
  assert.deepEqual(
    [...read!.values()].map(({ ords }) => [...ords]),
    [[11, 12, 13]],
  )
  const { sql, parameters } = livePoints([after10(20)], 100)
  const planned = await store.reader.rows<{ parts: string; rows: string }>(`EXPLAIN ESTIMATE ${sql}`, parameters)
  assert.deepEqual(
    planned.map(({ parts, rows }) => [Number(parts), Number(rows)]),
    [[1, 3]],
  )
  await store.command('OPTIMIZE TABLE points FINAL')
  const merged = await readLogged(store.reader, [after10(12)], 100, {})
  assert.deepEqual(
    [...merged!.values()].map(({ ords }) => [...ords]),
    [[11, 12]],
  )
})

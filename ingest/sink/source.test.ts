import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { type StoreReader, StoreTrouble } from '../../schema/store.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { claimSource } from './source.ts'

const logger = createLogger('silent')
const log = { id: 'here', partitions: 1 }

/** A store that was fed by these logs, and answers only after some troubles. */
function createStore(logs: readonly string[], troubles: StoreTrouble[]) {
  const claims: unknown[] = []
  const fail = () => {
    const trouble = troubles.shift()
    if (trouble) throw trouble
  }
  const rows = async () => {
    fail()
    return [...logs, ...claims].map((each) => ({ log: each }))
  }
  const insertBlock = async (_: string, __: number, [column]: readonly { readonly data: unknown }[]) => {
    fail()
    claims.push((column!.data as string[])[0])
  }
  return { store: { sinkReader: { rows } as unknown as StoreReader, insertBlock }, claims }
}

test('a store that cannot be reached is waited for; one that refuses, or was fed by another log, is not', async () => {
  const away = () => new StoreTrouble('unavailable', 'away')
  const { store, claims } = createStore([], [away(), away()])
  await claimSource(store, log, { logger })
  assert.deepEqual(claims, ['here'])

  const refusing = createStore([], [away(), new StoreTrouble('rejected', 'no')])
  await assert.rejects(claimSource(refusing.store, log, { logger }), { kind: 'rejected' })
  const others = createStore(['there'], [away()])
  await assert.rejects(claimSource(others.store, log, { logger }), /was fed by log there/)
  assert.deepEqual(others.claims, [])

  const stopping = AbortSignal.timeout(50)
  const gone = createStore([], Array.from({ length: 100 }, away))
  await assert.rejects(claimSource(gone.store, log, { logger, signal: stopping }), { name: /TimeoutError|AbortError/ })
})

/** Every code of the table can be met: each is provoked here as a client would. */
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { packageFile } from '../schema/files.ts'
import { StaleToken, type StoreReader, StoreTrouble } from '../schema/store.ts'
import { corpus } from './abuse/corpus.fixture.ts'
import { type FailureCode, failureCodes, failures } from './failures.ts'
import { createAsker, createTestWatermark } from './fixture.ts'

const readerOf = (columns: StoreReader['columns']): StoreReader => ({ rows: async () => [], columns })
const failing = (error: Error) => readerOf(() => Promise.reject(error))
const silent = readerOf(() => new Promise(() => {}))
const empty = readerOf(async () => ({ rows: 0, columns: new Map() }))
const projects = '{ projects(at: "x") { nodes { name } } }'
const curve = '{ series(input: {project: "p", runs: ["r"], metrics: ["m"]}) { steps } }'

type Asking = {
  readonly reader: StoreReader
  readonly query?: string
  readonly options?: Parameters<typeof createAsker>[1]
}
const trouble = (kind: StoreTrouble['kind']): Asking => ({ reader: failing(new StoreTrouble(kind, 'trouble')) })

/** Those that depend on what the server and its store do; the others come of the request, and stand in the corpus. */
const provoked: Partial<Record<FailureCode, Asking>> = {
  PERSISTED_ONLY: { reader: empty, options: { persisted: { documents: new Map(), only: true } } },
  BAD_AT: {
    reader: empty,
    options: {
      watermark: { ...createTestWatermark(), reached: () => Promise.reject(new StaleToken('of another log')) },
    },
  },
  WATERMARK_TIMEOUT: { reader: empty, options: { watermark: createTestWatermark(['x']) } },
  UNKNOWN_RUN: { reader: empty, query: curve },
  BUSY: { reader: silent, options: { settings: { operationsAtOnce: 0, operationsWaiting: 0 } } },
  STORE_UNAVAILABLE: trouble('unavailable'),
  QUERY_TIMEOUT: trouble('timeout'),
  QUERY_MEMORY: trouble('memory'),
  RESULT_TOO_LARGE: trouble('size'),
  INTERNAL: trouble('rejected'),
}

for (const [code, { reader, query = projects, options = {} }] of Object.entries(provoked)) {
  test(`${code} can be met`, async () => {
    const { errors } = await createAsker(reader, options).ask(query)
    assert.equal(errors[0]?.extensions.code, code)
    assert.equal(errors[0]!.extensions.retryable, failures[code as FailureCode].retryable)
  })
}

/** Those of subscriptions are met over real sockets, in these files. */
const metBySockets: Partial<Record<FailureCode, string>> = {
  TOO_MANY_SUBSCRIPTIONS: 'test/live-abuse.test.ts',
  NOT_LIVE: 'test/live-abuse.test.ts',
  SHUTTING_DOWN: 'test/live.test.ts',
  TOO_MANY_VIEWERS: 'test/live-limits.test.ts',
  TOO_MANY_WATCHED: 'test/live-limits.test.ts',
}

for (const [code, path] of Object.entries(metBySockets)) {
  test(`${code} is met in ${path}`, () => assert.match(readFileSync(packageFile(path), 'utf8'), new RegExp(code)))
}

test('every code is met: here, over sockets, or by a request of the corpus', () => {
  const met = new Set([...Object.keys(provoked), ...Object.keys(metBySockets), ...corpus.map(({ code }) => code)])
  assert.deepEqual(
    failureCodes.filter((code) => !met.has(code)),
    [],
  )
})

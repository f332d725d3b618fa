import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import type { StoreReader } from '../../schema/store.ts'
import { createAsker } from '../fixture.ts'
import { type Abuse, corpus } from './corpus.fixture.ts'

/** Fails the test that gets as far as the store. */
const untouched: StoreReader = {
  rows: () => assert.fail('the store was asked'),
  columns: () => assert.fail('the store was asked'),
}

/** CPU time for one refusal, ms: far above what any takes, far below what would hurt. */
const cpuMs = 1_000

const requestOf = ({ method = 'GET', search, headers = {}, body }: Abuse) =>
  new Request(`http://test/graphql${search ? `?${search}` : ''}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  })

for (const abuse of corpus.filter(({ atDoor }) => !atDoor)) {
  test(`refused before the store is asked: ${abuse.is}`, async () => {
    const { server } = createAsker(untouched)
    const begin = process.cpuUsage()
    const response = await server.handle(requestOf(abuse))
    const text = await response.text()
    const { user, system } = process.cpuUsage(begin)
    const { data, errors } = JSON.parse(text) as {
      data?: object | null
      errors: { extensions: { code: string; retryable: boolean } }[]
    }
    assert.equal(errors[0]!.extensions.code, abuse.code, text.slice(0, 500))
    assert.equal(errors[0]!.extensions.retryable, false)
    // What a field's own arguments are refused for leaves its null behind.
    assert.ok(
      Object.values(data ?? {}).every((value) => value === null),
      text.slice(0, 500),
    )
    if (abuse.status) assert.equal(response.status, abuse.status)
    assert.ok((user + system) / 1000 < cpuMs, `it took ${(user + system) / 1000} ms`)
    assert.ok(text.length < 2 * (abuse.body?.length ?? 0) + 64 * 1024, `the refusal has ${text.length} characters`)
  })
}

test('the corpus has every kind, and nothing twice', () => {
  assert.ok(corpus.length > 90)
  assert.equal(new Set(corpus.map(({ is }) => is)).size, corpus.length)
})

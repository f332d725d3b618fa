import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '../schema/limits.ts'
import type { Column, StoreReader } from '../schema/store.ts'
import { createAsker, createTestWatermark } from './fixture.ts'
import { createPersistedOperations, sha256 } from './persisted.ts'
import { querySchema } from './schema.ts'
import { readStoredOperations } from './stored-operations.ts'

const document = 'query Names($first: Int) { projects(first: $first) { nodes { name } } }'
const hash = sha256(document)
const apq = (sha256Hash: unknown, version: unknown = 1) => ({ extensions: { persistedQuery: { version, sha256Hash } } })

/** One project, whose name can change. */
function createNames() {
  const names = { name: 'one', asked: 0 }
  const reader: StoreReader = {
    rows: async () => [],
    async columns() {
      names.asked++
      const zero = new Float64Array(1)
      const columns = new Map<string, Column>([
        ['project', [names.name]],
        ['runs', zero],
        ['lastActivityMs', zero],
      ])
      return { rows: 1, columns }
    },
  }
  return { names, reader }
}

function createDoor(persisted?: { documents: ReadonlyMap<string, string>; only: boolean }) {
  const { names, reader } = createNames()
  const { server } = createAsker(reader, { watermark: createTestWatermark(), ...(persisted ? { persisted } : {}) })
  const accept = 'application/graphql-response+json'
  async function answerOf(request: Request) {
    const response = await server.handle(request)
    const text = await response.text()
    const body =
      text === ''
        ? {}
        : (JSON.parse(text) as { data?: unknown; errors?: { extensions: { code: string }; message: string }[] })
    return { status: response.status, headers: response.headers, code: body.errors?.[0]?.extensions.code, body }
  }
  return {
    names,
    server,
    post(body: object) {
      const headers = { 'content-type': 'application/json', accept }
      return answerOf(new Request('http://test/graphql', { method: 'POST', headers, body: JSON.stringify(body) }))
    },
    get(question: Record<string, unknown>, headers: Record<string, string> = {}) {
      const texts = Object.entries(question).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ])
      const url = `http://test/graphql?${new URLSearchParams(texts as [string, string][])}`
      return answerOf(new Request(url, { headers: { accept, ...headers } }))
    },
  }
}

test('an operation that was sent once with its hash is known by it, by either door and spelling', async () => {
  const door = createDoor()
  const unknown = await door.post(apq(hash))
  assert.deepEqual([unknown.status, unknown.code], [404, 'PERSISTED_QUERY_NOT_FOUND'])
  assert.equal(unknown.body.errors![0]!.message, 'PersistedQueryNotFound')
  assert.equal((await door.post({ query: document, ...apq(hash) })).status, 200)
  const variables = { first: 1 }
  const answers = [
    await door.post({ ...apq(hash), variables }),
    await door.post({ documentId: `sha256:${hash}`, variables }),
    await door.post({ documentId: hash, variables, operationName: 'Names' }),
    await door.get({ ...apq(hash), variables }),
    await door.get({ documentId: `sha256:${hash}`, variables }),
  ]
  for (const { status, body } of answers) {
    assert.equal(status, 200, JSON.stringify(body))
    assert.deepEqual(body.data, { projects: { nodes: [{ name: 'one' }] } })
  }
})

test('a hash that is not that of the text, or none at all, is refused, and nothing registered', async () => {
  const door = createDoor()
  const wrong = await door.post({ query: document, ...apq(sha256('{ other }')) })
  assert.deepEqual([wrong.status, wrong.code], [400, 'PERSISTED_QUERY_MISMATCH'])
  assert.equal((await door.post(apq(sha256('{ other }')))).code, 'PERSISTED_QUERY_NOT_FOUND')
  const odd = [apq('x'), apq(hash.toUpperCase()), apq(7), apq(hash, 2), { extensions: { persistedQuery: 'x' } }]
  for (const question of [...odd, { documentId: 'x' }, { documentId: 7 }, { documentId: `md5:${hash}` }])
    assert.equal((await door.post(question)).code, 'BAD_REQUEST', JSON.stringify(question))
  assert.equal(door.names.asked, 0)
})

test('what clients register is bounded in number and bytes, and the latest used stay', () => {
  const operations = createPersistedOperations({ documents: new Map(), only: false })
  const register = (text: string) => operations.find({ query: text, ...apq(sha256(text)) })
  const isKnown = (text: string) => {
    try {
      return operations.find(apq(sha256(text)))?.text === text
    } catch {
      return false
    }
  }
  const many = Array.from({ length: limits.registeredOperations + 10 }, (_, i) => `{ a${i} }`)
  for (const text of many) {
    register(text)
    assert.ok(isKnown(many[0]!), 'one in use is not forgotten')
  }
  assert.equal(many.filter(isKnown).length, limits.registeredOperations)
  const size = 200_000
  const large = Array.from({ length: 100 }, (_, i) => `{ b${i} } #${'x'.repeat(size)}`)
  for (const text of large) register(text)
  const kept = large.filter(isKnown).length
  assert.ok(kept >= Math.floor(limits.registeredBytes / size) - 2 && kept * size <= limits.registeredBytes, `${kept}`)
})

test('with only the stored ones allowed nothing else is answered, and there is no page to write questions in', async () => {
  const door = createDoor({ documents: new Map([[hash, document]]), only: true })
  const other = '{ projects { nodes { name } } }'
  const refused = [
    await door.post({ query: other }),
    await door.post({ query: document }),
    await door.post({ query: other, ...apq(sha256(other)) }),
    await door.post(apq(sha256(other))),
    await door.get({ query: '{ __schema { types { name } } }' }),
    await door.post({}),
  ]
  for (const { status, code } of refused) assert.deepEqual([status, code], [403, 'PERSISTED_ONLY'])
  assert.equal(door.names.asked, 0)
  for (const question of [apq(hash), { documentId: hash }, { query: document, ...apq(hash) }])
    assert.equal((await door.post(question)).status, 200)
  const page = await door.server.handle(new Request('http://test/graphql', { headers: { accept: 'text/html' } }))
  assert.doesNotMatch(await page.text(), /graphiql/i)
})

test('an answer to a known operation by GET can be kept, and asked whether it is still right', async () => {
  const door = createDoor({ documents: new Map([[hash, document]]), only: false })
  const first = await door.get({ documentId: hash })
  const etag = first.headers.get('etag')!
  assert.match(etag, /^"[\w-]{22}"$/)
  assert.equal(first.headers.get('cache-control'), 'private, no-cache')
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`]) {
    const again = await door.get({ documentId: hash }, { 'if-none-match': known })
    assert.deepEqual([again.status, again.body, again.headers.get('etag')], [304, {}, etag])
  }
  door.names.name = 'two'
  const changed = await door.get({ documentId: hash }, { 'if-none-match': etag })
  assert.equal(changed.status, 200)
  assert.notEqual(changed.headers.get('etag'), etag)
})

test('no other answer is kept by anybody', async () => {
  const door = createDoor({ documents: new Map([[hash, document]]), only: false })
  const answers = [
    await door.post({ documentId: hash }),
    await door.get({ query: document }),
    await door.get({ documentId: hash, variables: { first: 1000 } }),
    await door.get({ documentId: sha256('x') }),
    await door.post({ query: document, ...apq(sha256('x')) }),
  ]
  for (const { headers } of answers)
    assert.deepEqual([headers.get('cache-control'), headers.get('etag')], ['no-store', null])
})

const schema = querySchema()
function withFiles(files: Record<string, string>, work: (folder: string) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'stepstream-persisted-'))
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('stored operations are read from a manifest of either kind or a folder', () => {
  const files = {
    'plain.json': JSON.stringify({ [hash]: document }),
    'apollo.json': JSON.stringify({
      format: 'x',
      version: 1,
      operations: [{ id: hash, name: 'Names', type: 'query', body: document }],
    }),
    'names.graphql': document,
  }
  withFiles(files, (folder) => {
    for (const path of ['plain.json', 'apollo.json', '.'])
      assert.deepEqual([...readStoredOperations(join(folder, path), schema)], [[hash, document]])
  })
})

test('a stored operation that could not be answered is found at the start', () => {
  const wrong: [content: string, says: RegExp][] = [
    [JSON.stringify({ [hash.replace(/./, 'g')]: document }), /SHA-256 is [0-9a-f]{64}/],
    [JSON.stringify({ [sha256('{ secrets }')]: '{ secrets }' }), /Cannot query field "secrets"/],
    [JSON.stringify({ [sha256('{')]: '{' }), /Syntax Error/],
    [JSON.stringify({ [hash]: 7 }), /no text/],
    ['{}', /no operation/],
    ['[', /JSON/],
  ]
  const wide = `{ ${Array.from({ length: limits.queryAliases + 1 }, (_, i) => `a${i}: server { watermark }`).join(' ')} }`
  wrong.push([JSON.stringify({ [sha256(wide)]: wide }), /aliases/])
  for (const [content, says] of wrong)
    withFiles({ 'a.json': content }, (folder) =>
      assert.throws(() => readStoredOperations(join(folder, 'a.json'), schema), says),
    )
  assert.throws(() => readStoredOperations('/nowhere', schema), /ENOENT/)
})

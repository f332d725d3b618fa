import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { limits } from '../schema/limits.ts'
import type { StoreReader } from '../schema/store.ts'
import { createAsker } from './fixture.ts'

/** Fails the test that gets as far as the store. */
const untouched: StoreReader = {
  rows: () => assert.fail('the store was asked'),
  columns: () => assert.fail('the store was asked'),
}

const series = 'query ($in: SeriesInput!) { series(input: $in) { steps } }'
const names = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`)
const curves = (runs: number, metrics: number, more: object = {}) => ({
  in: { project: 'p', runs: names(runs), metrics: names(metrics), ...more },
})
const nested = (depth: number): object => (depth === 0 ? { state: ['RUNNING'] } : { and: [nested(depth - 1)] })
const filtered = 'query ($f: RunFilter) { runs(project: "p", filter: $f) { nodes { run } } }'
const aliases = (count: number) => names(count).map((name) => `${name}: server { watermark }`)
const doubling = names(60).map((name, i) => `fragment ${name} on Query { ...n${i + 1} ...n${i + 1} }`)
const circular = 'project: "p") { nodes { run } }'

const rows: { is: string; query: string; variables?: unknown; code: string; says?: RegExp }[] = [
  { is: 'a document that is not GraphQL', query: '{ series', code: 'GRAPHQL_PARSE_FAILED' },
  { is: 'an unknown field', query: '{ secrets }', code: 'GRAPHQL_VALIDATION_FAILED' },
  { is: 'a mutation', query: 'mutation { drop }', code: 'BAD_REQUEST' },
  {
    is: 'too many tokens',
    query: `{ server { ${'watermark '.repeat(limits.queryTokens)} } }`,
    code: 'TOO_MANY_TOKENS',
  },
  { is: 'too many aliases', query: `{ ${aliases(limits.queryAliases + 1).join(' ')} }`, code: 'TOO_MANY_ALIASES' },
  {
    is: 'a fragment that spreads itself',
    query: `{ ...a } fragment a on Query { runs(${circular} ...b } fragment b on Query { ...a }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    is: 'fragments that double sixty times',
    query: `{ ...n0 } ${doubling.join(' ')} fragment n60 on Query { projects { nodes { name } } }`,
    code: 'TOO_COSTLY',
  },
  {
    is: 'introspection that goes round in circles',
    query: `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  { is: 'a series too many', query: series, variables: curves(limits.seriesPerAnswer + 1, 1), code: 'TOO_MANY_SERIES' },
  { is: 'runs x metrics too many', query: series, variables: curves(30, 30), code: 'TOO_MANY_SERIES', says: /900/ },
  { is: '10,000 ids', query: series, variables: curves(10_000, 1), code: 'TOO_MANY_SERIES', says: /10000/ },
  {
    is: 'many series spread over aliases',
    query: 'query ($in: SeriesInput!) { a: series(input: $in) { steps } b: series(input: $in) { steps } }',
    variables: curves(400, 1),
    code: 'TOO_MANY_SERIES',
    says: /800/,
  },
  {
    is: 'many series nested in a list whose length is a variable',
    query: 'query ($n: Int) { runs(project: "p", first: $n) { nodes { series(metrics: ["a", "b"]) { steps } } } }',
    variables: { n: 500 },
    code: 'TOO_MANY_SERIES',
    says: /1000/,
  },
  {
    is: 'long lists of lists over aliases',
    query: `{ ${names(10)
      .map((a) => `${a}: runs(project: "p", first: 500) { nodes { metrics(first: 500) { name } } }`)
      .join(' ')} }`,
    code: 'TOO_COSTLY',
  },
  {
    is: 'too many buckets',
    query: series,
    variables: curves(1, 1, { buckets: 2001 }),
    code: 'BAD_INPUT',
    says: /2001/,
  },
  {
    is: 'one bucket',
    query: series,
    variables: curves(1, 1, { buckets: 1 }),
    code: 'BAD_INPUT',
    says: /from 2 to 2000/,
  },
  { is: 'a step that is no integer', query: series, variables: curves(1, 1, { fromStep: 0.5 }), code: 'BAD_INPUT' },
  { is: 'a step beyond 2^53-1', query: series, variables: curves(1, 1, { toStep: 2 ** 53 }), code: 'BAD_INPUT' },
  {
    is: 'a range back to front',
    query: series,
    variables: curves(1, 1, { fromStep: 2, toStep: 1 }),
    code: 'BAD_INPUT',
  },
  { is: 'no variables at all', query: series, code: 'BAD_INPUT', says: /\$in/ },
  {
    is: 'a run id that is a number',
    query: series,
    variables: { in: { project: 'p', runs: [1], metrics: [] } },
    code: 'BAD_INPUT',
  },
  {
    is: 'first by variable beyond the limit',
    query: 'query ($n: Int) { runs(project: "p", first: $n) { nodes { run } } }',
    variables: { n: 1_000_000 },
    code: 'BAD_INPUT',
    says: /1000000/,
  },
  { is: 'first below one', query: '{ projects(first: 0) { nodes { name } } }', code: 'BAD_INPUT' },
  { is: 'a filter nested 100 deep', query: filtered, variables: { f: nested(100) }, code: 'TOO_DEEP' },
  {
    is: 'a filter of 101 conditions',
    query: filtered,
    variables: { f: { or: names(101).map((run) => ({ run: { is: run } })) } },
    code: 'BAD_INPUT',
  },
  {
    is: 'a filter over nine metrics',
    query: filtered,
    variables: { f: { or: names(9).map((name) => ({ metric: { name, exists: true } })) } },
    code: 'BAD_INPUT',
  },
  {
    is: 'a filter of long texts',
    query: filtered,
    variables: { f: { or: names(50).map((n) => ({ run: { is: n.repeat(1000) } })) } },
    code: 'BAD_INPUT',
  },
  {
    is: 'two keys to sort by at once',
    query: '{ runs(project: "p", sort: { by: { field: NAME, param: "lr" } }) { nodes { run } } }',
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    is: 'frames of more dead letters than an answer may hold',
    query: 'query ($n: Int) { deadLetters(first: $n) { nodes { frame } } }',
    variables: { n: 21 },
    code: 'TOO_COSTLY',
  },
  {
    is: 'frames of dead letters by their usual number',
    query: '{ deadLetters { nodes { frame } } }',
    code: 'TOO_COSTLY',
  },
  {
    is: 'frames of dead letters over aliases',
    query: `{ ${names(3)
      .map((a) => `${a}: deadLetters(first: 10) { nodes { frame } }`)
      .join(' ')} }`,
    code: 'TOO_COSTLY',
  },
  { is: 'more dead letters than a page has', query: '{ deadLetters(first: 501) { nodes { id } } }', code: 'BAD_INPUT' },
  {
    is: 'counts of dead letters beyond the limit',
    query: '{ deadLetterCounts(first: 501) { letters } }',
    code: 'BAD_INPUT',
  },
  {
    is: '501 ids of dead letters',
    query: 'query ($ids: [ID!]) { deadLetters(ids: $ids, first: 1) { nodes { id } } }',
    variables: { ids: names(501) },
    code: 'BAD_INPUT',
    says: /501 ids/,
  },
  {
    is: 'an id that no dead letter has',
    query: `{ deadLetters(ids: ["0-1-0' OR 1"]) { nodes { id } } }`,
    code: 'BAD_INPUT',
    says: /no letter's id/,
  },
  {
    is: 'a run without its project',
    query: '{ deadLetters(run: "r") { nodes { id } } }',
    code: 'BAD_INPUT',
  },
  {
    is: 'a reason that there is not',
    query: '{ deadLetters(reason: BAD_LUCK) { nodes { id } } }',
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    is: 'a cursor of another list',
    query: `{ deadLetters(after: "${Buffer.from('["x",0,"","0-1-0"]').toString('base64url')}") { nodes { id } } }`,
    code: 'BAD_CURSOR',
  },
  { is: 'a made-up cursor', query: '{ projects(after: "WzFd") { nodes { name } } }', code: 'BAD_CURSOR' },
  {
    is: 'a cursor that is no JSON',
    query: '{ runs(project: "p", after: "%%") { nodes { run } } }',
    code: 'BAD_CURSOR',
  },
]

for (const { is, query, variables, code, says } of rows) {
  test(`refused before the store is asked: ${is}`, async () => {
    const { ask } = createAsker(untouched)
    const answer = await ask(query, variables)
    assert.equal(answer.errors[0]?.extensions.code, code, JSON.stringify(answer.errors[0]))
    if (says) assert.match(answer.errors[0]!.message, says)
    assert.equal(answer.errors[0]!.extensions.retryable, false)
  })
}

const json = { 'content-type': 'application/json' }
const body = JSON.stringify({ query: '{ server { watermark } }' })
const deep = `${'{"and":['.repeat(15_000)}${']}'.repeat(15_000)}`
const requests: { is: string; request: () => Request; status: number; code?: string }[] = [
  {
    is: 'a batch',
    request: () => new Request('http://test/graphql', { method: 'POST', headers: json, body: `[${body},${body}]` }),
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    is: 'a form',
    request: () =>
      new Request('http://test/graphql', {
        method: 'POST',
        body: new URLSearchParams({ query: '{ server { watermark } }' }),
      }),
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    is: 'a body over the limit',
    request: () => {
      const large = JSON.stringify({ query: `{ server { watermark } } # ${'x'.repeat(limits.queryBodyBytes)}` })
      return new Request('http://test/graphql', { method: 'POST', headers: json, body: large })
    },
    status: 413,
    code: 'BODY_TOO_LARGE',
  },
  {
    is: 'a body that says it is over the limit',
    request: () => {
      const headers = { ...json, 'content-length': String(limits.queryBodyBytes + 1) }
      return new Request('http://test/graphql', { method: 'POST', headers, body })
    },
    status: 413,
    code: 'BODY_TOO_LARGE',
  },
  {
    is: 'a body that is no JSON',
    request: () => new Request('http://test/graphql', { method: 'POST', headers: json, body: '{' }),
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    is: 'a question that a page of another site has a browser ask',
    request: () => {
      const headers = { 'sec-fetch-site': 'cross-site' }
      return new Request(`http://test/graphql?query=${encodeURIComponent('{ server { watermark } }')}`, { headers })
    },
    status: 403,
    code: 'FORBIDDEN_ORIGIN',
  },
  {
    is: 'a filter nested 30,000 deep',
    request: () => {
      const text = `{"query": "${filtered.replaceAll('"', '\\"')}", "variables": {"f": ${deep}}}`
      return new Request('http://test/graphql', { method: 'POST', headers: json, body: text })
    },
    status: 400,
    code: 'TOO_DEEP',
  },
  {
    is: 'a mutation by GET',
    request: () => new Request(`http://test/graphql?query=${encodeURIComponent('mutation { drop }')}`),
    status: 405,
    code: 'BAD_REQUEST',
  },
  { is: 'PUT', request: () => new Request('http://test/graphql', { method: 'PUT', headers: json, body }), status: 405 },
]

for (const { is, request, status, code } of requests) {
  test(`refused as a request: ${is}`, async () => {
    const { server } = createAsker(untouched)
    const response = await server.handle(request())
    const text = await response.text()
    assert.equal(response.status, status, text)
    if (code) assert.equal(JSON.parse(text).errors[0].extensions.code, code)
    assert.equal(response.headers.get('access-control-allow-origin'), null)
  })
}

import { limits } from '../../schema/limits.ts'
import { drawings } from './drawings.fixture.ts'
import { type Abuse, curves, json, list, posted, series } from './posted.fixture.ts'

export type { Abuse }

const filtered = 'query ($f: RunFilter) { runs(project: "p", filter: $f) { nodes { run } } }'
const paged = 'query ($n: Int) { runs(project: "p", first: $n) { nodes { run } } }'
const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'

const depth = posted([
  ['fields nested 13 deep', 'TOO_DEEP', `{ ${'a { '.repeat(13)} b ${'}'.repeat(13)} }`],
  ['fields nested 600 deep', 'TOO_DEEP', `{ ${'a { '.repeat(600)} b ${'}'.repeat(600)} }`],
  [
    'depth hidden in a chain of fragments',
    'TOO_DEEP',
    `{ ...f0 } ${list(20, (i) => `fragment f${i} on Query { server { ...f${i + 1} } }`).join(' ')} fragment f20 on Query { server { watermark } }`,
  ],
  ['a variable nested 40 deep', 'TOO_DEEP', filtered, { f: list(40).reduce<object>((inner) => ({ not: inner }), {}) }],
  [
    'inline fragments nested 600 deep around a costly field',
    'TOO_MANY_SERIES',
    `query ($in: SeriesInput!) { ${'... { '.repeat(600)} a: series(input: $in) { steps } b: series(input: $in) { steps } ${'}'.repeat(600)} }`,
    curves({ runs: list(300) }),
  ],
])

const repetition = posted([
  [
    '31 aliases',
    'TOO_MANY_ALIASES',
    `{ ${list(limits.queryAliases + 1, (i) => `a${i}: server { watermark }`).join(' ')} }`,
  ],
  [
    '31 aliases of introspection',
    'TOO_MANY_ALIASES',
    `{ ${list(limits.queryAliases + 1, (i) => `a${i}: __schema { types { name } }`).join(' ')} }`,
  ],
  [
    '31 aliases over fragments',
    'TOO_MANY_ALIASES',
    `{ ...f ...g } fragment f on Query { ${list(16, (i) => `a${i}: server { watermark }`).join(' ')} } fragment g on Query { ${list(15, (i) => `b${i}: server { watermark }`).join(' ')} }`,
  ],
  ['a field 2000 times', 'TOO_MANY_TOKENS', `{ server { ${'watermark '.repeat(limits.queryTokens)} } }`],
  [
    'a costly field again and again under one name',
    'TOO_MANY_SERIES',
    `query ($in: SeriesInput!) { ${'series(input: $in) { steps } '.repeat(11)} }`,
    curves({ runs: list(50) }),
  ],
  [
    'long lists again and again under one name',
    'TOO_COSTLY',
    `{ ${'runs(project: "p", first: 500) { nodes { metrics(first: 500) { name } } } '.repeat(9)} }`,
  ],
  [
    'a fragment that spreads itself',
    'GRAPHQL_VALIDATION_FAILED',
    '{ ...a } fragment a on Query { server { watermark } ...a }',
  ],
  [
    'fragments in a ring',
    'GRAPHQL_VALIDATION_FAILED',
    `{ ...f0 } ${list(50, (i) => `fragment f${i} on Query { server { watermark } ...f${(i + 1) % 50} }`).join(' ')}`,
  ],
  [
    'a ring through fields',
    'GRAPHQL_VALIDATION_FAILED',
    '{ runs(project: "p") { ...c } } fragment c on RunConnection { nodes { ...r } } fragment r on Run { series(metrics: ["a"]) { ...s } } fragment s on Series { ...s }',
  ],
  [
    'fragments that double sixty times',
    'TOO_COSTLY',
    `{ ...f0 } ${list(60, (i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} }`).join(' ')} fragment f60 on Query { projects { nodes { name } } }`,
  ],
  [
    '200 fragments that nobody spreads',
    'GRAPHQL_VALIDATION_FAILED',
    `{ server { watermark } } ${list(200, (i) => `fragment f${i} on Server { watermark }`).join(' ')}`,
  ],
  [
    'one directive 250 times',
    'GRAPHQL_VALIDATION_FAILED',
    `{ server { watermark ${'@skip(if: false) '.repeat(250)} } }`,
  ],
  [
    '900 directives that there are not',
    'GRAPHQL_VALIDATION_FAILED',
    `{ server { watermark ${list(900, (i) => `@d${i}`).join(' ')} } }`,
  ],
  [
    'directives on everything',
    'GRAPHQL_VALIDATION_FAILED',
    `query @skip(if: true) { ${'... @include(if: true) @include(if: true) { server { watermark } } '.repeat(80)} }`,
  ],
  [
    'fields that conflict, which takes a rule the square of their number',
    'GRAPHQL_VALIDATION_FAILED',
    `{ ${list(80, (i) => `server { a: ${i % 2 ? 'watermark' : 'limits'} }`)
      .slice(0, 28)
      .join(' ')} }`,
  ],
  [
    'variables that nobody uses, 600 of them',
    'GRAPHQL_VALIDATION_FAILED',
    `query (${list(450, (i) => `$v${i}: Int`).join(' ')}) { server { watermark } }`,
  ],
  [
    'introspection that goes round in circles',
    'GRAPHQL_VALIDATION_FAILED',
    '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
  ],
  [
    'introspection by fragments in circles',
    'GRAPHQL_VALIDATION_FAILED',
    '{ __schema { types { ...t } } } fragment t on __Type { fields { type { ...u } } } fragment u on __Type { fields { type { fields { type { fields { name } } } } } }',
  ],
  [
    'two operations and no word which',
    'BAD_REQUEST',
    'query A { server { watermark } } query B { server { watermark } }',
  ],
  ['an operation that there is not', 'BAD_REQUEST', 'query A { server { watermark } }', {}, 'B'],
  [
    'two operations of one name',
    'GRAPHQL_VALIDATION_FAILED',
    'query A { server { watermark } } query A { server { limits } }',
    {},
    'A',
  ],
  ['a mutation', 'BAD_REQUEST', 'mutation { drop }'],
])

const tooMany = posted([
  ['10,000 ids', 'BAD_INPUT', nodes, { ids: list(10_000) }],
  ['501 ids in the document', 'BAD_INPUT', `{ nodes(ids: [${list(501, (i) => `"${i}"`).join(' ')}]) { id } }`],
  [
    '500 ids whose runs have two curves each',
    'TOO_MANY_SERIES',
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Run { series(metrics: ["a", "b"]) { steps } } } }',
    { ids: list(500) },
  ],
  [
    '500 ids whose curves stand in a fragment',
    'TOO_MANY_SERIES',
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ...r } } fragment r on Run { series(metrics: ["a", "b"]) { steps } }',
    { ids: list(500) },
  ],
  [
    '500 ids whose letters have frames',
    'TOO_COSTLY',
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on DeadLetter { frame } } }',
    { ids: list(500) },
  ],
  [
    '10,000 ids of letters',
    'BAD_INPUT',
    'query ($ids: [ID!]) { deadLetters(ids: $ids) { nodes { id } } }',
    { ids: list(10_000, (i) => `0-${i}-0`) },
  ],
  ['10,000 runs', 'TOO_MANY_SERIES', series, curves({ runs: list(10_000) })],
  ['one run 10,000 times', 'TOO_MANY_SERIES', series, curves({ runs: list(10_000, () => 'r') })],
  [
    '10,000 metrics of one run',
    'TOO_MANY_SERIES',
    'query ($m: [String!]!) { run(project: "p", run: "r") { series(metrics: $m) { steps } } }',
    { m: list(10_000) },
  ],
  [
    '501 names of metrics',
    'BAD_INPUT',
    'query ($m: [String!]) { run(project: "p", run: "r") { metrics(names: $m) { name } } }',
    { m: list(501) },
  ],
  ...(['1000000', '-1', '0', '501'] as const).map(
    (n) => [`first of ${n} by variable`, 'BAD_INPUT', paged, { n: Number(n) }] as const,
  ),
  [
    'first by a default that is too large',
    'BAD_INPUT',
    'query ($n: Int = 100000) { projects(first: $n) { nodes { name } } }',
  ],
  [
    'a filter of 101 conditions',
    'BAD_INPUT',
    filtered,
    { f: { and: list(101, (i) => ({ run: { is: `r${i}` } }) as never) } },
  ],
  [
    'a filter that forks eight times',
    'BAD_INPUT',
    filtered,
    { f: list(8).reduce<object>((inner) => ({ or: [inner, inner] }), { run: { is: 'x' } }) },
  ],
  ['a list of 501 in a filter', 'BAD_INPUT', filtered, { f: { run: { in: list(501) } } }],
  [
    'nine metrics in a filter',
    'BAD_INPUT',
    filtered,
    { f: { or: list(9, (i) => ({ metric: { name: `m${i}`, exists: true } }) as never) } },
  ],
  ['100,000 characters to look for', 'BAD_INPUT', filtered, { f: { name: { contains: 'x'.repeat(100_000) } } }],
])

const odd = posted([
  ['an integer of 30 digits', 'GRAPHQL_VALIDATION_FAILED', `{ projects(first: ${'9'.repeat(30)}) { nodes { name } } }`],
  [
    'an integer of 100,000 digits',
    'GRAPHQL_VALIDATION_FAILED',
    `{ projects(first: ${'9'.repeat(100_000)}) { nodes { name } } }`,
  ],
  ['2^31 as an Int', 'BAD_INPUT', paged, { n: 2 ** 31 }],
  ['1e308 as an Int', 'BAD_INPUT', paged, { n: 1e308 }],
  ['half an Int', 'BAD_INPUT', paged, { n: 0.5 }],
  ['a text for an Int', 'BAD_INPUT', paged, { n: '1; DROP TABLE runs' }],
  ['a step of 2^53', 'BAD_INPUT', series, curves({ fromStep: 2 ** 53 })],
  [
    'a step of 400 digits',
    'GRAPHQL_VALIDATION_FAILED',
    `{ series(input: {project: "p", runs: ["r"], metrics: ["m"], toStep: ${'9'.repeat(400)}}) { steps } }`,
  ],
  ['2001 buckets', 'BAD_INPUT', series, curves({ buckets: 2001 })],
  ['a range back to front', 'BAD_INPUT', series, curves({ fromStep: 2, toStep: 1 })],
  ['a time of the year 275761', 'BAD_INPUT', filtered, { f: { created: { from: 8.64e15 + 1 } } }],
  ['a day that there is not', 'BAD_INPUT', filtered, { f: { created: { from: '2026-02-31T25:61:00Z' } } }],
  ['a document of control characters', 'GRAPHQL_PARSE_FAILED', '{ server\u0000 { watermark } }'],
  ['a name in another alphabet that looks alike', 'GRAPHQL_PARSE_FAILED', '{ sеrver { watermark } }'],
  ['text direction turned round', 'GRAPHQL_PARSE_FAILED', '{ \u202eserver { watermark } }'],
  ['half a surrogate pair', 'GRAPHQL_PARSE_FAILED', '{ \ud800 }'],
  ['an escape of half a pair in a text', 'GRAPHQL_PARSE_FAILED', '{ run(project: "\\uD800", run: "r") { run } }'],
  ['a name of 200,000 characters', 'GRAPHQL_VALIDATION_FAILED', `{ ${'a'.repeat(200_000)} }`],
  ['an open text of 200,000 characters', 'GRAPHQL_PARSE_FAILED', `{ run(project: "${'a'.repeat(200_000)}`],
  ['100,000 opening braces', 'GRAPHQL_PARSE_FAILED', '{'.repeat(1_900)],
  ['200,000 commas', 'GRAPHQL_PARSE_FAILED', `{ ${','.repeat(200_000)} }`],
  ['nothing', 'GRAPHQL_PARSE_FAILED', '# nothing'],
  ['a key named __proto__', 'BAD_INPUT', filtered, JSON.parse('{"f": {"__proto__": {"state": []}}}')],
  ['a key named constructor', 'BAD_INPUT', filtered, { f: { constructor: 1 } }],
  ['a made-up cursor', 'BAD_CURSOR', '{ projects(after: "WzFd") { nodes { name } } }'],
  [
    'a cursor of 100,000 characters',
    'BAD_CURSOR',
    'query ($c: String) { runs(project: "p", after: $c) { nodes { run } } }',
    { c: 'A'.repeat(100_000) },
  ],
  [
    'a cursor whose JSON nests without end',
    'BAD_CURSOR',
    'query ($c: String) { runs(project: "p", after: $c) { nodes { run } } }',
    { c: Buffer.from('['.repeat(50_000)).toString('base64url') },
  ],
  [
    'two keys to sort by at once',
    'BAD_INPUT',
    'query ($s: RunSort) { runs(project: "p", sort: $s) { nodes { run } } }',
    { s: { by: { field: 'NAME', param: 'lr' } } },
  ],
])

const question = '{ server { watermark } }'
const body = JSON.stringify({ query: question })
const asGet = (search: Record<string, string>) => ({ method: 'GET', search: new URLSearchParams(search).toString() })
const post = (more: Partial<Abuse>) => ({ method: 'POST', headers: json, body, ...more })
const hash = { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }

const requests: Abuse[] = [
  { is: 'a batch', code: 'BAD_REQUEST', status: 400, ...post({ body: `[${body},${body}]` }) },
  { is: 'a batch of one', code: 'BAD_REQUEST', status: 400, ...post({ body: `[${body}]` }) },
  { is: 'no question', code: 'BAD_REQUEST', status: 400, ...post({ body: '{}' }) },
  { is: 'a question that is an object', code: 'BAD_REQUEST', status: 400, ...post({ body: '{"query": {"a": 1}}' }) },
  {
    is: 'variables that are a list',
    code: 'BAD_REQUEST',
    status: 400,
    ...post({ body: JSON.stringify({ query: question, variables: [1] }) }),
  },
  {
    is: 'a member that there is not',
    code: 'BAD_REQUEST',
    status: 400,
    ...post({ body: JSON.stringify({ query: question, debug: true }) }),
  },
  { is: 'a body that is no JSON', code: 'BAD_REQUEST', status: 400, ...post({ body: '{' }) },
  { is: 'a body that is null', code: 'BAD_REQUEST', status: 400, ...post({ body: 'null' }) },
  {
    is: 'JSON that nests 100,000 deep',
    code: 'TOO_DEEP',
    status: 400,
    ...post({
      body: `{"query": ${JSON.stringify(filtered)}, "variables": {"f": ${'{"not":'.repeat(20_000)}{}${'}'.repeat(20_000)}}}`,
    }),
  },
  {
    is: 'a compressed body',
    code: 'BAD_REQUEST',
    status: 400,
    ...post({ headers: { ...json, 'content-encoding': 'gzip' }, body: '\u001f\u008b' }),
  },
  {
    is: 'a body over the limit',
    code: 'BODY_TOO_LARGE',
    status: 413,
    ...post({ body: JSON.stringify({ query: `${question} #${'x'.repeat(limits.queryBodyBytes)}` }) }),
  },
  {
    is: 'a form',
    code: 'BAD_REQUEST',
    status: 400,
    ...post({
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `query=${encodeURIComponent(question)}`,
    }),
  },
  {
    is: 'a form with files',
    code: 'BAD_REQUEST',
    status: 400,
    ...post({ headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' }),
  },
  {
    is: 'plain text, which a page may send anywhere',
    code: 'BAD_REQUEST',
    status: 400,
    ...post({ headers: { 'content-type': 'text/plain' } }),
  },
  { is: 'a mutation by GET', code: 'BAD_REQUEST', status: 405, ...asGet({ query: 'mutation { drop }' }) },
  {
    is: 'a mutation hidden behind a query by GET',
    code: 'BAD_REQUEST',
    status: 405,
    ...asGet({ query: 'query A { server { watermark } } mutation B { drop }', operationName: 'B' }),
  },
  { is: 'a GET of nothing', code: 'BAD_REQUEST', status: 400, ...asGet({ variables: '{}' }) },
  {
    is: 'a GET whose variables are no JSON',
    code: 'BAD_REQUEST',
    status: 400,
    ...asGet({ query: question, variables: '{' }),
  },
  {
    is: 'a GET whose extensions are no JSON',
    code: 'BAD_REQUEST',
    status: 400,
    ...asGet({ query: question, extensions: '%' }),
  },
  {
    is: 'a GET of a hash that nobody knows',
    code: 'PERSISTED_QUERY_NOT_FOUND',
    status: 404,
    ...asGet({ documentId: `sha256:${'a'.repeat(64)}` }),
  },
  {
    is: 'a hash that is not that of the text',
    code: 'PERSISTED_QUERY_MISMATCH',
    status: 400,
    ...post({ body: JSON.stringify({ query: question, ...hash }) }),
  },
  {
    is: 'a hash that is an object',
    code: 'BAD_REQUEST',
    status: 400,
    ...post({ body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: {} } } }) }),
  },
  ...['cross-site', 'same-site', 'x'].flatMap((site): Abuse[] => [
    {
      is: `a GET from a page that is ${site}`,
      code: 'FORBIDDEN_ORIGIN',
      status: 403,
      ...asGet({ query: question }),
      headers: { 'sec-fetch-site': site },
    },
    {
      is: `a POST from a page that is ${site}`,
      code: 'FORBIDDEN_ORIGIN',
      status: 403,
      ...post({ headers: { ...json, 'sec-fetch-site': site } }),
    },
  ]),
  ...['https://evil.example', 'null', 'file://'].map(
    (origin): Abuse => ({
      ...{ is: `a page of ${origin}`, code: 'forbidden_origin', status: 403, atDoor: true },
      ...post({ headers: { ...json, origin } }),
    }),
  ),
]

export const corpus: readonly Abuse[] = [...depth, ...repetition, ...tooMany, ...odd, ...drawings, ...requests]

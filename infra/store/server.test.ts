import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { nativeBlock } from '../../ingest/store/native-block.ts'
import { type StoreProcess, startStoreProcess } from '../../ingest/store/server.fixture.ts'
import { createSpool } from '../../ingest/store/spool.ts'

const MiB = 1024 * 1024
const users = {
  STORE_USER: 'writer',
  STORE_PASSWORD: 'secret word',
  STORE_READER_USER: 'reader',
  STORE_READER_PASSWORD: 'public',
}
const limits = {
  READ_SESSIONS: '1',
  MAX_WAITING: '2',
  BODY_MAX_BYTES: String(4 * MiB),
  BODY_TIMEOUT_MS: '3000',
  RESULT_MAX_BYTES: String(8 * MiB),
}
let directory: string
let server: StoreProcess

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-store-server-'))
  server = await startStoreProcess(directory, { ...users, ...limits, LOG_LEVEL: 'info' })
  assert.equal((await ask({ body: createNumbers })).status, 200)
})
after(async () => {
  assert.equal(await server.stop(), 0)
  await rm(directory, { recursive: true, force: true })
})

const createNumbers =
  'CREATE TABLE numbers_in (a UInt64, b String) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 10'
const asWriter = { 'X-ClickHouse-User': 'writer', 'X-ClickHouse-Key': 'secret word' }
const asReader = { 'X-ClickHouse-User': 'reader', 'X-ClickHouse-Key': 'public' }
const native = Buffer.concat(
  nativeBlock(3, [
    { name: 'b', type: 'String', data: ['x', '', 'é'] },
    { name: 'a', type: 'UInt64', data: BigUint64Array.from([1n, 2n, 2n ** 64n - 1n]) },
  ]),
)

type Asked = {
  path?: string
  method?: string
  headers?: Record<string, string>
  query?: Record<string, string>
  body?: string | Uint8Array | Readable
  signal?: AbortSignal
}
type Answered = { status: number; headers: IncomingHttpHeaders; text: string }

function ask({ path, method = 'POST', headers = asWriter, query = {}, body, signal }: Asked): Promise<Answered> {
  const url = new URL(path ?? `/?${new URLSearchParams(query)}`, server.url)
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false, ...(signal ? { signal } : {}) })
    request.setTimeout(15_000, () =>
      request.destroy(new Error(`no answer to ${JSON.stringify(query)} ${typeof body === 'string' ? body : ''}`)),
    )
    request.on('error', reject)
    request.on('response', async (response) => {
      try {
        const text = Buffer.concat(await response.toArray()).toString('utf8')
        resolve({ status: response.statusCode!, headers: response.headers, text })
      } catch (error) {
        reject(error)
      }
    })
    if (body instanceof Readable) body.pipe(request)
    else request.end(body)
  })
}

const insertInto = { query: 'INSERT INTO numbers_in (a, b) FORMAT Native' }
const isError = (code: number, name: string) =>
  new RegExp(`^Code: ${code}\\. DB::Exception: [\\s\\S]+ \\(${name}\\) \\(version `)

/** The first bytes, and then nothing. */
function stalled(): Readable {
  const body = new Readable({ read() {} })
  body.push(native.subarray(0, 10))
  return body
}

const refusals: [name: string, asked: Asked, status: number, text: RegExp][] = [
  ['an unknown path', { path: '/nothing?query=SELECT+1' }, 404, /^There is no handle \/nothing/],
  ['an unknown method', { method: 'DELETE', body: 'SELECT 1' }, 405, /^Use GET or POST/],
  [
    'a wrong password',
    { headers: { ...asWriter, 'X-ClickHouse-Key': 'x' } },
    403,
    isError(516, 'AUTHENTICATION_FAILED'),
  ],
  ['an unknown user', { headers: { 'X-ClickHouse-User': 'nobody' } }, 403, isError(516, 'AUTHENTICATION_FAILED')],
  ['no user', { headers: {}, body: 'SELECT 1' }, 403, isError(516, 'AUTHENTICATION_FAILED')],
  [
    'a token instead of a password',
    { headers: { Authorization: 'Bearer x' } },
    403,
    isError(516, 'AUTHENTICATION_FAILED'),
  ],
  [
    'credentials twice',
    { headers: { ...asWriter, Authorization: 'Basic d3JpdGVyOng=' } },
    403,
    isError(516, 'AUTHENTICATION_FAILED'),
  ],
  ['an empty statement', { body: ' -- nothing\n' }, 400, isError(62, 'SYNTAX_ERROR')],
  ['a broken statement', { body: 'SELEC 1' }, 400, isError(62, 'SYNTAX_ERROR')],
  ['two statements', { body: 'SELECT 1; DROP TABLE numbers_in' }, 400, isError(62, 'SYNTAX_ERROR')],
  ['a statement that is not UTF-8', { body: Uint8Array.from([0x53, 0xff, 0xfe]) }, 400, isError(62, 'SYNTAX_ERROR')],
  ['an unknown table', { body: 'SELECT * FROM nowhere' }, 404, isError(60, 'UNKNOWN_TABLE')],
  ['an unknown database', { body: 'SELECT 1', query: { database: 'no`where' } }, 404, isError(81, 'UNKNOWN_DATABASE')],
  ['an unknown setting', { body: 'SELECT 1', query: { of_nothing: '1' } }, 404, isError(115, 'UNKNOWN_SETTING')],
  ['a setting that is none', { body: 'SELECT 1', query: { 'a = 1, b': '1' } }, 404, isError(115, 'UNKNOWN_SETTING')],
  ['a parameter that is not there', { body: 'SELECT {a:UInt8}' }, 500, isError(456, 'UNKNOWN_QUERY_PARAMETER')],
  ['a session', { body: 'SELECT 1', query: { session_id: 's' } }, 501, isError(48, 'NOT_IMPLEMENTED')],
  [
    'a query that takes too long',
    { body: 'SELECT sleep(3)', query: { max_execution_time: '0.1' } },
    408,
    isError(159, 'TIMEOUT_EXCEEDED'),
  ],
  [
    'an answer that is too large',
    { body: 'SELECT repeat(toString(number), 9999) FROM numbers(1000000)' },
    500,
    isError(396, 'TOO_MANY_ROWS_OR_BYTES'),
  ],
  [
    'a file to write',
    { body: "SELECT 1 INTO OUTFILE '/tmp/stepstream-outfile'" },
    500,
    isError(358, 'INTO_OUTFILE_NOT_ALLOWED'),
  ],
  [
    'a query_id that is a header',
    { body: 'SELECT 1', query: { query_id: 'a\r\nSet-Cookie: b' } },
    400,
    isError(36, 'BAD_ARGUMENTS'),
  ],
  [
    'a format that is a header',
    { body: 'SELECT 1', query: { default_format: 'a\r\nb: c' } },
    404,
    isError(73, 'UNKNOWN_FORMAT'),
  ],
  [
    'broken gzip',
    { headers: { ...asWriter, 'Content-Encoding': 'gzip' }, body: 'SELECT 1' },
    500,
    isError(354, 'ZLIB_INFLATE_FAILED'),
  ],
  [
    'gzip that was cut off',
    { headers: { ...asWriter, 'Content-Encoding': 'gzip' }, body: gzipSync('SELECT 1').subarray(0, 20) },
    500,
    isError(354, 'ZLIB_INFLATE_FAILED'),
  ],
  [
    'an unknown compression',
    { headers: { ...asWriter, 'Content-Encoding': 'lzma' }, body: 'x' },
    500,
    isError(89, 'UNKNOWN_COMPRESSION_METHOD'),
  ],
  [
    'a gzip that swells',
    {
      query: insertInto,
      headers: { ...asWriter, 'Content-Encoding': 'gzip' },
      body: gzipSync(new Uint8Array(32 * MiB)),
    },
    500,
    isError(307, 'TOO_MANY_BYTES'),
  ],
  [
    'a Native body that was cut off',
    { query: insertInto, body: native.subarray(0, -3) },
    500,
    /^Code: \d+\. DB::Exception: /,
  ],
  [
    'a Native body that is noise',
    { query: insertInto, body: new Uint8Array(1000).fill(0xfe) },
    500,
    /^Code: \d+\. DB::Exception: /,
  ],
  [
    'a body larger than the limit',
    { query: insertInto, body: Readable.from([new Uint8Array(5 * MiB)], { objectMode: false }) },
    500,
    isError(307, 'TOO_MANY_BYTES'),
  ],
  ['a body that stops half way', { query: insertInto, body: stalled() }, 503, isError(209, 'SOCKET_TIMEOUT')],
  [
    'a multipart body without an end',
    {
      query: { query: 'SELECT 1' },
      headers: { ...asWriter, 'Content-Type': 'multipart/form-data; boundary=b' },
      body: '--b\r\nContent-Disposition: form-data; name="param_a"\r\n\r\n1',
    },
    400,
    isError(36, 'BAD_ARGUMENTS'),
  ],
  [
    'a multipart body without a boundary',
    { headers: { ...asWriter, 'Content-Type': 'multipart/form-data' }, body: 'x' },
    400,
    isError(36, 'BAD_ARGUMENTS'),
  ],
]

test('bad requests get the error, number and status that a client understands, and the server lives', async () => {
  for (const [name, asked, status, text] of refusals) {
    const answer = await ask(asked).catch((error) => assert.fail(`${name}: ${error}`))
    assert.match(answer.text, text, name)
    assert.equal(answer.status, status, name)
    assert.equal(answer.headers['set-cookie'], undefined)
    if (answer.text.startsWith('Code: '))
      assert.equal(answer.headers['x-clickhouse-exception-code'], /Code: (\d+)/.exec(answer.text)![1], name)
  }
  assert.ok(!existsSync('/tmp/stepstream-outfile'))
  assert.equal((await ask({ body: 'SELECT count() FROM numbers_in' })).text, '0\n')
})

test('a client that reads no answer before it has sent all gets to know why it was refused', async () => {
  const socket = connect(server.port, '127.0.0.1')
  const write = (bytes: string | Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  socket.on('error', () => {})
  const path = `/?${new URLSearchParams(insertInto)}`
  const headers = Object.entries({ Host: 'store', ...asWriter, 'Content-Length': 6 * MiB })
  await write(`POST ${path} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`)
  await write(new Uint8Array(5 * MiB))
  // By then it has been answered.
  await sleep(300)
  await write(new Uint8Array(MiB / 2))
  await sleep(300)
  await write(new Uint8Array(MiB / 2))
  const text = Buffer.concat(await socket.toArray()).toString('utf8')
  assert.match(text, /^HTTP\/1\.1 500 [\s\S]+\r\n\r\nCode: 307\. [\s\S]+\(TOO_MANY_BYTES\)/)
})

test('bytes that are no HTTP, and a URL without end, are refused', async () => {
  const raw = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      let text = ''
      const socket = connect(server.port, '127.0.0.1', () => socket.write(bytes))
      socket.on('data', (piece) => {
        text += piece
      })
      socket.on('error', () => resolve(text))
      socket.on('close', () => resolve(text))
      setTimeout(() => reject(new Error('the connection stays open')), 5_000).unref()
    })
  assert.match(await raw('\0\x01\x02 nonsense\r\n\r\n'), /^HTTP\/1\.1 400 /)
  assert.match(await raw(`GET /?query=${'x'.repeat(2 * MiB)}`), /^HTTP\/1\.1 431 /)
  assert.equal((await ask({ method: 'GET', path: '/ping', headers: {} })).text, 'Ok.\n')
})

test('the client makes its own error of an error, with the number', async () => {
  const log = { level: ClickHouseLogLevel.OFF }
  const client = createClient({ url: server.url, username: 'writer', password: 'secret word', log })
  await assert.rejects(client.query({ query: 'SELECT * FROM nowhere' }), (error) => {
    assert.ok(error instanceof ClickHouseError)
    return error.code === '60' && error.type === 'UNKNOWN_TABLE'
  })
  const result = await client.query({
    query: 'SELECT {a:Array(String)} AS a',
    query_params: { a: ["'", '\\'] },
    format: 'JSONEachRow',
  })
  assert.deepEqual(await result.json(), [{ a: ["'", '\\'] }])
  assert.equal((await client.ping()).success, true)
  await client.close()
})

test('gzip goes both ways', async () => {
  const compression = { request: true, response: true }
  const client = createClient({ url: server.url, username: 'writer', password: 'secret word', compression })
  await client.insert({ table: 'numbers_in', values: [{ a: 7, b: 'gzip' }], format: 'JSONEachRow' })
  const result = await client.query({ query: "SELECT b, a FROM numbers_in WHERE b = 'gzip'", format: 'JSONEachRow' })
  assert.deepEqual(await result.json(), [{ b: 'gzip', a: 7 }])
  assert.equal(result.response_headers['content-encoding'], 'gzip')
  await client.close()
})

test('data goes in as Native by name, as VALUES and as JSON lines, and a token counts', async () => {
  await ask({ body: 'TRUNCATE TABLE numbers_in' })
  const token = { insert_deduplication_token: 't1', insert_deduplicate: '1' }
  for (let i = 0; i < 2; i++)
    assert.equal((await ask({ query: { ...insertInto, ...token }, body: native })).status, 200)
  const unnamed = { query: 'INSERT INTO numbers_in FORMAT Native', insert_deduplicate: '0' }
  assert.equal((await ask({ query: unnamed, body: native })).status, 200)
  assert.equal((await ask({ body: "INSERT INTO numbers_in VALUES (9, 'v;'), (9, '--')" })).status, 200)
  assert.equal(
    (await ask({ query: { query: 'INSERT INTO numbers_in FORMAT JSONEachRow' }, body: '{"a":9,"b":"j"}\n' })).status,
    200,
  )
  const { text } = await ask({
    body: 'SELECT a, groupArray(b) FROM (SELECT * FROM numbers_in ORDER BY a, b) GROUP BY a ORDER BY a',
  })
  assert.equal(text, `1\t['x','x']\n2\t['','']\n9\t['--','j','v;']\n18446744073709551615\t['é','é']\n`)
})

test('data goes in from a file that a process of this machine has open, and from no other', async () => {
  await ask({ body: 'TRUNCATE TABLE numbers_in' })
  const spool = await createSpool(directory)
  await spool.write([native])
  const { path, identity } = await spool.shown()
  const from = (file: string, param_identity = identity) => ({
    query: { query: `INSERT INTO numbers_in (a, b) FROM INFILE '${file}' FORMAT Native`, param_identity },
  })
  assert.equal((await ask(from(path))).status, 200)
  const countOf = async () => (await ask({ body: 'SELECT count() FROM numbers_in' })).text
  assert.equal(await countOf(), '3\n')
  const aFile = join(directory, 'a.native')
  await writeFile(aFile, native)
  const refused: [name: string, asked: Asked, text: RegExp][] = [
    ['a file that has changed', from(path, `${identity}0`), isError(107, 'FILE_DOESNT_EXIST')],
    ['no identity', from(path, ''), isError(107, 'FILE_DOESNT_EXIST')],
    ['a path of the disk', from(aFile), isError(107, 'FILE_DOESNT_EXIST')],
    ['a way out of the pattern', from('/proc/1/fd/../environ'), isError(107, 'FILE_DOESNT_EXIST')],
    ['a process that is not there', from('/proc/4194305/fd/1'), isError(107, 'FILE_DOESNT_EXIST')],
    ['what is no file', from(`/proc/${process.pid}/fd/0`), isError(107, 'FILE_DOESNT_EXIST')],
    ['a body beside the file', { ...from(path), body: native }, isError(36, 'BAD_ARGUMENTS')],
    ['the reading user', { ...from(path), headers: asReader }, isError(164, 'READONLY')],
  ]
  for (const [name, asked, text] of refused) assert.match((await ask(asked)).text, text, name)
  await spool.write([native.subarray(0, -3)])
  assert.match((await ask(from(path, (await spool.shown()).identity))).text, /^Code: \d+\. DB::Exception: /)
  await spool.write([new Uint8Array(5 * MiB)])
  const large = await spool.shown()
  assert.match((await ask(from(large.path, large.identity))).text, isError(307, 'TOO_MANY_BYTES'))
  await spool.close()
  assert.match((await ask(from(path))).text, isError(107, 'FILE_DOESNT_EXIST'))
  assert.equal(await countOf(), '3\n')
})

test('the reading user reads, and does nothing else', async () => {
  const reads: [string, Record<string, string>][] = [
    ['SELECT {n:UInt8} FROM numbers(2)', { max_execution_time: '3', max_memory_usage: '1000000000', param_n: '7' }],
    ['SHOW TABLES', {}],
    ['WITH 1 AS x SELECT x', {}],
  ]
  for (const [body, query] of reads) assert.equal((await ask({ headers: asReader, body, query })).status, 200, body)
  const refused: [string, Record<string, string>][] = [
    ['DROP TABLE numbers_in', {}],
    ['INSERT INTO numbers_in VALUES (1, 1)', {}],
    ['SET readonly = 0', {}],
    ['SELECT 1', { readonly: '0' }],
    ['SELECT 1', { allow_ddl: '1' }],
    ['SELECT 1 SETTINGS max_memory_usage = 1', {}],
    ["SELECT * FROM file('/etc/hostname', 'LineAsString')", {}],
    ["SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", {}],
    ["KILL QUERY WHERE query LIKE '%'", {}],
    ['CREATE TEMPORARY TABLE t (a UInt8)', {}],
  ]
  for (const [body, query] of refused) {
    const answer = await ask({ headers: asReader, body, query })
    assert.match(answer.text, isError(164, 'READONLY'), body)
    assert.equal(answer.headers['x-clickhouse-exception-code'], '164')
  }
  const inserted = await ask({ headers: asReader, query: insertInto, body: native })
  assert.match(inserted.text, isError(164, 'READONLY'))
  const asGet = await ask({ method: 'GET', query: { query: 'DROP TABLE numbers_in' } })
  assert.match(asGet.text, isError(164, 'READONLY'))
})

test('settings of one request are not there for the next', async () => {
  const query = { max_threads: '1', join_use_nulls: '1' }
  const body = "SELECT getSetting('join_use_nulls'), currentDatabase()"
  assert.equal((await ask({ body, query: { ...query, database: 'system' } })).text, 'true\tsystem\n')
  assert.equal((await ask({ body: 'SET join_use_nulls = 1' })).status, 200)
  assert.equal((await ask({ body })).text, 'false\tdefault\n')
})

const slow = 'SELECT sum(sipHash64(number)) FROM numbers(20000000000)'

test('a full queue refuses, one whose client went away makes room, and inserts and look-ups pass by', async () => {
  const goes = new AbortController()
  const first = ask({ body: slow, signal: goes.signal })
  const waits = [new AbortController(), new AbortController()]
  await sleep(200)
  const waiting = waits.map(({ signal }) => ask({ body: 'SELECT 2', signal }))
  await sleep(100)
  assert.match((await ask({ body: 'SELECT 3' })).text, isError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES'))
  assert.equal((await ask({ query: insertInto, body: native })).status, 200)
  assert.equal((await ask({ body: 'SELECT 4', query: { log_comment: 'stepstream sink' } })).text, '4\n')
  assert.equal((await ask({ body: 'SELECT 5', headers: asReader })).text, '5\n')
  waits[0]!.abort()
  await assert.rejects(waiting[0]!)
  await sleep(50)
  const late = ask({ body: 'SELECT 6' })
  await sleep(50)
  goes.abort()
  await assert.rejects(first)
  assert.equal((await waiting[1]!).text, '2\n')
  assert.equal((await late).text, '6\n')
})

test('a stop answers what was asked and then ends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stepstream-store-stop-'))
  const other = await startStoreProcess(folder)
  const url = `${other.url}/?${new URLSearchParams({ query: 'SELECT sleep(1), 8' })}`
  const asked = fetch(url).then((answer) => answer.text())
  await sleep(300)
  assert.equal(await other.stop(), 0)
  assert.equal(await asked, '0\t8\n')
  await assert.rejects(fetch(`${other.url}/ping`))
  await rm(folder, { recursive: true, force: true })
})

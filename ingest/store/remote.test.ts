import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreTrouble } from '../../schema/store.ts'
import { deferred } from '../deferred.fixture.ts'
import type { Store } from './contract.ts'
import { patienceMs } from './early-body.ts'
import type { Turn } from './insert.ts'
import { openRemote, type StoreProcess, startStoreProcess } from './server.fixture.ts'

/** What a remote store adds to the contract: the way to it may break at any moment. */
let directory: string
let server: StoreProcess
let way: Way
let store: Store

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-remote-'))
  server = await startStoreProcess(directory)
  way = await openWay()
  way.target = server.port
  store = await openRemote(way.url)
  await store.command(
    `CREATE TABLE numbers_of_blocks (block UInt64, a UInt64) ENGINE = MergeTree ORDER BY (block, a)
     SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1`,
  )
})
after(async () => {
  await store.close()
  way.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

/** A TCP proxy with one address, so that a store that comes back on another port is the same one to its client. */
type Way = {
  readonly url: string
  readonly connections: Set<Socket>
  /** From clients to the store. */
  sentBytes: number
  target: number
  /** Called with the first bytes of each answer; true keeps them back. */
  onAnswer: ((bytes: Buffer) => boolean) | undefined
  close(): void
}

async function openWay(): Promise<Way> {
  const connections = new Set<Socket>()
  const proxy: Server = createServer((client) => {
    const upstream = connect(way.target, '127.0.0.1')
    for (const socket of [client, upstream]) {
      connections.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => {
        connections.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (bytes) => {
      way.sentBytes += bytes.length
    })
    client.pipe(upstream)
    upstream.on('data', (bytes) => {
      if (!way.onAnswer?.(bytes)) client.write(bytes)
    })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as { port: number }
  const way: Way = {
    url: `http://127.0.0.1:${port}`,
    connections,
    sentBytes: 0,
    target: 0,
    onAnswer: undefined,
    close() {
      proxy.close()
      for (const socket of connections) socket.destroy()
    },
  }
  return way
}

/** Of a block that goes as a body, and of one that goes in a file. */
const bodyRows = 30_000
const fileRows = 50_000
const insert = (block: number, turn?: Turn, rows = bodyRows) =>
  store.insertBlock(
    'numbers_of_blocks',
    rows,
    [
      { name: 'block', type: 'UInt64', data: new BigUint64Array(rows).fill(BigInt(block)) },
      { name: 'a', type: 'UInt64', data: BigUint64Array.from({ length: rows }, (_, i) => BigInt(i)) },
    ],
    `block-${block}`,
    turn,
  )
const counts = async () =>
  (
    await store.reader.rows<{ block: number; n: number; sum: string }>(
      'SELECT toUInt32(block) AS block, toUInt32(count()) AS n, toString(sum(a)) AS sum FROM numbers_of_blocks GROUP BY block ORDER BY block',
    )
  ).map(({ block, n, sum }) => ({ block, n, sum }))
const whole = (block: number, rows = bodyRows) => ({ block, n: rows, sum: String((rows * (rows - 1)) / 2) })
const remove = (block: number) =>
  store.command(`ALTER TABLE numbers_of_blocks DELETE WHERE block = ${block} SETTINGS mutations_sync = 1`)

const isAway = (error: unknown) => error instanceof StoreTrouble && error.kind === 'unavailable'
const slow = 'SELECT sum(sipHash64(number)) AS s FROM numbers(20000000000)'

async function restart(): Promise<void> {
  server = await startStoreProcess(directory)
  way.target = server.port
}

/** Until it succeeds, as the sink does it. */
async function again(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isAway(error) || tries > 100) throw error
      await sleep(50)
    }
  }
}

async function loseTheAnswer(inserted: () => Promise<void>): Promise<void> {
  way.onAnswer = (bytes) => {
    if (!bytes.includes('X-ClickHouse-Summary')) return false
    server.kill('SIGKILL')
    return true
  }
  await assert.rejects(inserted(), isAway)
  way.onAnswer = undefined
  await restart()
}

test('a block whose answer was lost with the store is not stored twice under its token', async () => {
  await loseTheAnswer(() => insert(1))
  assert.deepEqual(await counts(), [whole(1)])
  await insert(1)
  await insert(1)
  assert.deepEqual(await counts(), [whole(1)])
})

test('a block whose turn is long in coming does not wait at the server, and is stored once all the same', async () => {
  const turn = deferred()
  let asked = 0
  const inserted = insert(7, () => {
    asked++
    return turn.promise
  })
  while (asked === 0) await sleep(10)
  await sleep(patienceMs + 500)
  assert.deepEqual(await counts(), [whole(1)])
  turn.resolve()
  await inserted
  assert.equal(asked, 1)
  assert.deepEqual(await counts(), [whole(1), whole(7)])
  await remove(7)
})

test('a large block is read by a store of this machine from a file, in its turn, and once though the answer is lost', async () => {
  const before = way.sentBytes
  const turn = deferred()
  const inserted = insert(8, () => turn.promise, fileRows)
  await sleep(patienceMs + 500)
  assert.deepEqual(await counts(), [whole(1)])
  turn.resolve()
  await inserted
  assert.ok(way.sentBytes - before < 20_000, `${way.sentBytes - before} bytes went to the store`)
  assert.deepEqual(await counts(), [whole(1), whole(8, fileRows)])
  await loseTheAnswer(() => insert(9, undefined, fileRows))
  const stored = [whole(1), whole(8, fileRows), whole(9, fileRows)]
  assert.deepEqual(await counts(), stored)
  await insert(9, undefined, fileRows)
  assert.deepEqual(await counts(), stored)
  await remove(8)
  await remove(9)
})

test('questions, look-ups and inserts of a stopped store fail within 2 s, and go on when it does', async () => {
  const connectionsBefore = way.connections.size
  for (const moment of ['before', 'during']) {
    const ask = [
      () => store.reader.rows(slow),
      () => store.sinkReader.columns(slow),
      ...(moment === 'before' ? [() => insert(6)] : []),
    ]
    if (moment === 'before') server.kill('SIGSTOP')
    const asked = ask.map((one) => one())
    for (const one of asked) one.catch(() => {})
    if (moment === 'during') {
      await sleep(700)
      server.kill('SIGSTOP')
    }
    const started = Date.now()
    for (const one of asked) await assert.rejects(one, isAway)
    const ms = Date.now() - started
    assert.ok(ms < 2_000, `${moment}: ${ms} ms`)
    server.kill('SIGCONT')
    await again(async () => void (await store.reader.rows('SELECT 1 AS one')))
  }
  await again(() => insert(6))
  assert.deepEqual((await counts()).at(-1), whole(6))
  const idleSocketMs = 2_000
  await sleep(idleSocketMs + 500)
  assert.ok(way.connections.size <= connectionsBefore, `${way.connections.size} connections are left`)
})

test('a question that takes long is none that is away', async () => {
  const started = Date.now()
  await assert.rejects(
    store.reader.rows(slow, {}, { timeoutMs: 3_000 }),
    (error) => error instanceof StoreTrouble && error.kind === 'timeout',
  )
  assert.ok(Date.now() - started >= 2_900)
})

test('a question whose store ends while it answers fails at once', async () => {
  const long = 'SELECT number AS n, toString(number) AS text FROM numbers(3000000)'
  way.onAnswer = (bytes) => {
    if (bytes.includes('X-ClickHouse-Summary')) setImmediate(() => server.kill('SIGKILL'))
    return false
  }
  const started = Date.now()
  await assert.rejects(store.reader.columns(long), isAway)
  way.onAnswer = undefined
  assert.ok(Date.now() - started < 3_500)
  await server.stop('SIGKILL')
  const refused = Date.now()
  await assert.rejects(store.reader.rows('SELECT 1'), isAway)
  await assert.rejects(insert(7), isAway)
  assert.ok(Date.now() - refused < 2_000)
  await restart()
  assert.deepEqual(await store.reader.rows('SELECT 1 AS one'), [{ one: 1 }])
})

test('an aborted question is killed in the store and leaves no connection', async () => {
  const abort = new AbortController()
  const asked = store.reader.rows(slow, {}, { signal: abort.signal })
  const running = () =>
    store.sinkReader.rows(
      `SELECT query FROM system.processes WHERE query LIKE '%numbers(20000000000)%' AND query NOT LIKE '%processes%'`,
    )
  for (let tries = 0; (await running()).length === 0; tries++) assert.ok(tries < 100)
  abort.abort(new Error('no longer wanted'))
  await assert.rejects(asked, /no longer wanted/)
  for (let tries = 0; (await running()).length > 0; tries++) {
    assert.ok(tries < 40, 'it still runs')
    await sleep(50)
  }
})

test('a store that is away at the start is waited for, until the signal aborts', async () => {
  const nobody = await openWay()
  // Its target is port 0: every connection is closed at once.
  const started = Date.now()
  await assert.rejects(openRemote(nobody.url, { signal: AbortSignal.timeout(600) }))
  assert.ok(Date.now() - started >= 550)
  const opening = openRemote(nobody.url)
  await sleep(300)
  nobody.target = server.port
  const late = await opening
  assert.deepEqual(await late.reader.rows('SELECT 1 AS one'), [{ one: 1 }])
  await late.close()
  nobody.close()
})

test('wrong credentials are told, not waited for', async () => {
  await assert.rejects(
    openRemote(server.url, { password: 'wrong' }),
    (error) =>
      error instanceof StoreTrouble && error.kind === 'rejected' && /Authentication failed/.test(error.message),
  )
})

test('every setting that goes with an insert or a question is one the engine knows', async () => {
  const { remoteInsertSettings } = await import('./remote-request.ts')
  const known = new Set(
    (await store.reader.rows<{ name: string }>('SELECT name FROM system.settings')).map(({ name }) => name),
  )
  const ofHttp = ['wait_end_of_query']
  const sent = [
    ...Object.keys(remoteInsertSettings('points', 1, 't', known)),
    'max_execution_time',
    'max_memory_usage',
    'timeout_overflow_mode',
    'log_comment',
  ]
  assert.ok(sent.includes('deduplicate_insert'))
  assert.deepEqual(
    sent.filter((name) => !known.has(name) && !ofHttp.includes(name)),
    [],
  )
})

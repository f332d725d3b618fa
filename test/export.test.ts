/** Exports over real HTTP, with the embedded store and with one behind ClickHouse's interface: what is logged through the door comes out of the file. */
import assert from 'node:assert/strict'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { tableFromIPC } from 'apache-arrow'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { type Server, type Settings, startServer, withDataDir } from './harness.ts'
import { metricValue } from './read-back.ts'
import { float64, int64, pack } from './wire.ts'

const key = { authorization: 'Bearer secret-key' }
const points = 500_000

type Opened = { readonly asked: ClientRequest; readonly answer: IncomingMessage }

/** An answer that nobody reads yet. */
function open(server: Server, search: string, headers: object = key, method = 'GET'): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path: `/v1/export?${search}`, method, agent: false }
    const asked = request({ ...options, headers: { ...headers } }, (answer) => resolve({ asked, answer }))
    asked.on('error', reject).end()
  })
}

async function read(server: Server, search: string) {
  const { answer } = await open(server, search)
  const bytes = Buffer.concat(await answer.toArray())
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
  }
}

/** Frames with the key. */
async function log(server: Server, frames: unknown): Promise<string> {
  const headers = { ...key, 'content-type': 'application/msgpack' }
  const response = await fetch(`${server.url}/v1/frames`, {
    method: 'POST',
    headers,
    body: Uint8Array.from(pack(frames)),
  })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return (JSON.parse(text) as { at: string }).at
}

const metric = (server: Server, name: string) => metricValue(server, name)

async function until(condition: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 15_000
  while (!(await condition())) {
    assert.ok(performance.now() < end, `waited in vain: ${what}`)
    await sleep(20)
  }
}

async function exportsHold(server: Server): Promise<void> {
  const row = (step: number, value: number) => ({
    step,
    time: 1_750_000_000_000 + step,
    metrics: { 'val/acc é': value },
  })
  const odd = [0.1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324]
  await log(server, {
    project: 'p',
    run: 'r 1',
    update: { name: 'ein Läufer 🏃', params: { lr: 0.5 } },
    log: odd.map((value, step) => row(step, value)),
  })
  await log(server, { project: 'p', run: 'r 1', log: [row(2, 7)] })
  const columns = { project: 'p', run: 'long', sets: [[0, ['loss']]] }
  let at = ''
  for (let from = 0; from < points; from += 100_000) {
    const steps = Array.from({ length: 100_000 }, (_, i) => from + i)
    for (let i = 0; i < steps.length; i += 50_000) {
      const part = steps.slice(i, i + 50_000)
      at = await log(server, {
        ...columns,
        cols: [[0, int64(...part), null, float64(...part.map((step) => step / 3))]],
      })
    }
  }
  const search = `project=p&at=${at}`

  for (const format of ['parquet', 'arrow'] as const) {
    const { status, headers, bytes } = await read(
      server,
      `${search}&format=${format}&metrics=${encodeURIComponent('val/acc é')}`,
    )
    assert.equal(status, 200, Buffer.from(bytes).toString().slice(0, 300))
    assert.ok(String(headers['stepstream-watermark']).length > 0)
    const rows: Record<string, unknown>[] =
      format === 'arrow'
        ? tableFromIPC(new Uint8Array(bytes))
            .toArray()
            .map((one) => one.toJSON())
        : await parquetReadObjects({ file: bytes, compressors })
    assert.deepEqual(
      rows.map((one) => [
        one.run,
        one.name,
        one.metric,
        Number(one.step),
        Number(one.time),
        one.value,
        Number(one.superseded),
      ]),
      [0.1, Number.NaN, 7, Number.NEGATIVE_INFINITY, 5e-324].map((value, step) => [
        ...['r 1', 'ein Läufer 🏃', 'val/acc é', step, 1_750_000_000_000 + step, value, step === 2 ? 1 : 0],
      ]),
    )
  }
  const long = await read(server, `${search}&metrics=loss&filter=${encodeURIComponent('{"run":{"is":"long"}}')}`)
  let sum = 0
  const rows = await parquetReadObjects({ file: long.bytes, compressors, columns: ['value'] })
  for (const { value } of rows) sum += value as number
  assert.equal(rows.length, points)
  const exact = Array.from({ length: points }, (_, step) => step / 3).reduce((total, value) => total + value, 0)
  assert.equal(sum, exact)

  // Who has no key, asks in another way or for what there is not.
  for (const [method, headers, path, status] of [
    ['GET', {}, search, 401],
    ['GET', { authorization: 'Bearer wrong' }, search, 401],
    ['GET', { ...key, origin: 'http://elsewhere' }, search, 403],
    ['HEAD', key, search, 405],
    ['DELETE', key, search, 405],
    ['POST', key, search, 400],
    ['GET', key, 'project=p&format=csv', 400],
    ['GET', key, 'project=p&at=nonsense', 400],
  ] as const) {
    const { answer } = await open(server, path, headers, method)
    const body = Buffer.concat(await answer.toArray()).toString()
    assert.equal(answer.statusCode, status, `${method} ${path}: ${body}`)
    if (method === 'HEAD') assert.equal(body, '')
  }

  // Nothing is read, so nothing more is sent; then the client goes away, and everything ends.
  const { asked, answer } = await open(server, `${search}&format=arrow&points=all`)
  assert.equal(answer.statusCode, 200)
  answer.pause()
  const sent = () => metric(server, 'stepstream_export_bytes_total')
  const start = await sent()
  let before = -1
  await until(async () => {
    await sleep(200)
    const now = await sent()
    const still = now === before
    before = now
    return still
  }, 'the export to stand still')
  // The file has 20 MB; what is under way is what the kernel's two buffers hold.
  assert.ok(before - start < 16e6, `${before - start} bytes were sent to nobody`)
  assert.equal(await metric(server, 'stepstream_exports_under_way'), 1)
  answer.on('error', () => {})
  asked.destroy()
  await until(async () => (await metric(server, 'stepstream_exports_under_way')) === 0, 'the export to end')
}

const settings: Settings = { API_KEY: 'secret-key', LOG_LEVEL: 'info' }

test('exports over HTTP, embedded store', async () => {
  await withDataDir(async (dataDir) => {
    const server = await startServer(dataDir, settings)
    try {
      await exportsHold(server)
      // An export that nobody reads does not hold up the end.
      const { answer } = await open(server, 'project=p&format=arrow')
      answer.on('error', () => {})
      assert.deepEqual(await server.stop(), { code: 0, signal: null })
    } finally {
      await server.kill()
    }
  })
})

test('exports over HTTP, store over HTTP: a client that goes away stops the query there', async () => {
  await withDataDir(async (dataDir) => {
    const store = await startServer(`${dataDir}/store`, {}, 'store')
    const server = await startServer(`${dataDir}/all`, { ...settings, STORE_URL: store.url })
    const running = async () => {
      const query = `SELECT count() FROM system.processes WHERE position(query, 'AS superseded') > 0 AND position(query, 'system.processes') = 0 FORMAT TabSeparated`
      const answer = await fetch(store.url, { method: 'POST', body: query })
      return Number(await answer.text())
    }
    try {
      await exportsHold(server)
      await until(async () => (await running()) === 0, 'the query to end')
      const { asked, answer } = await open(server, 'project=p&format=arrow&points=all')
      answer.pause().on('error', () => {})
      await until(async () => (await running()) === 1, 'the query to run')
      asked.destroy()
      await until(async () => (await running()) === 0, 'the query to end')
      // The store goes away in the midst: nobody takes half of the file for the whole.
      const broken = await open(server, 'project=p&format=arrow&points=all')
      await until(async () => (await running()) === 1, 'the query to run')
      await store.kill()
      await assert.rejects(broken.answer.toArray())
    } finally {
      await server.kill()
      await store.kill()
    }
  })
})

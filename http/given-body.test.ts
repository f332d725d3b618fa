import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fetchHandler } from './fetch.ts'
import { createHttpServer } from './server.ts'

/** More than sockets hold, so that a part of it waits for its reader. */
const size = 8 * 2 ** 20
const pieces = 80
const contentOf = (bytes: number) => Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + (i >> 9)) & 0xff)
const content = contentOf(size)

let url: string
const given: Uint8Array[] = []
const give = (bytes: Uint8Array) => {
  const copy = bytes.slice()
  given.push(copy)
  return copy
}

const server = createHttpServer({ onError: () => ({ status: 500, body: 'fault' }) })
before(async () => {
  const common = { method: 'any', bodyBytes: 1000, bodyTimeoutMs: 1000 } as const
  server.route({ ...common, path: '/kept', handle: () => ({ status: 200, body: give(content) }) })
  server.route({ ...common, path: '/given', handle: () => ({ status: 200, body: give(content), isBodyGiven: true }) })
  server.route({ ...common, path: '/stream', handle: () => ({ status: 200, body: streamed(), isBodyGiven: true }) })
  // Of another make than Node's, as that of GraphQL Yoga.
  const handler = () => Object.assign(new Response(null), { bodyInit: give(content) })
  server.route({ ...common, path: '/fetch', handle: fetchHandler(handler) })
  url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`
})
after(() => {
  server.stopListening()
  server.close()
})

function streamed(): ReadableStream<Uint8Array> {
  let n = 0
  return new ReadableStream({
    pull(controller) {
      if (n === pieces) return controller.close()
      controller.enqueue(give(content.subarray((n * size) / pieces, (++n * size) / pieces)))
    },
  })
}

async function readSlowly(path: string): Promise<Buffer> {
  given.length = 0
  const response = await fetch(url + path)
  await sleep(50)
  return Buffer.from(await response.arrayBuffer())
}

for (const path of ['/given', '/stream', '/fetch']) {
  test(`what is given away arrives whole at a slow reader, and its memory is free: ${path}`, async () => {
    assert.ok((await readSlowly(path)).equals(content))
    assert.equal(given.length, path === '/stream' ? pieces : 1)
    assert.deepEqual(new Set(given.map(({ byteLength }) => byteLength)), new Set([0]))
  })
}

test('what is not given away stays, and what is given is free also where it is not sent', async () => {
  assert.ok((await readSlowly('/kept')).equals(content))
  assert.ok(Buffer.from(given[0]!).equals(content))
  given.length = 0
  await fetch(`${url}/given`, { method: 'HEAD' })
  assert.equal(given[0]!.byteLength, 0)
})

import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { createPoster } from './post.ts'

/** Answers the first request of a connection as `first` says, and hangs up at the second. */
async function listening(first: (socket: Socket) => void) {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.once('data', () => {
      first(socket)
      socket.once('data', () => socket.destroy())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { url: `http://127.0.0.1:${port}`, connections: () => connections, close: () => server.close() }
}

test('a question on a kept connection that the server closes meanwhile is asked again on a new one', async () => {
  const server = await listening((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}'))
  const poster = createPoster(server.url, undefined)
  try {
    for (let i = 0; i < 3; i++) assert.equal((await poster.ask('{"query":"{ x }"}')).body.toString(), '{}')
    assert.equal(server.connections(), 3)
  } finally {
    poster.close()
    server.close()
  }
})

test('a server that hangs up on a new connection is not asked again', async () => {
  const server = await listening((socket) => socket.destroy())
  const poster = createPoster(server.url, undefined)
  try {
    await assert.rejects(poster.ask('{}'), { code: 'ECONNRESET' })
    assert.equal(server.connections(), 1)
  } finally {
    poster.close()
    server.close()
  }
})

import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { until } from '../test/harness.ts'
import { finders } from './answers.ts'
import { connect, type LinkState } from './connection.ts'

const host = '127.0.0.1'

async function listen(): Promise<{ server: Server; port: number; accepted: Promise<Socket> }> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { server, port, accepted: once(server, 'connection').then(([socket]) => socket as Socket) }
}

/** Node lets go of no socket that is reset while its end is on the way: its descriptor stays open, and the process never exits. */
test('cut in the moment when a client ends, the connection to the target is gone', async () => {
  const [entrance, target] = [await listen(), await listen()]
  const outside = createConnection({ host, port: entrance.port }).on('error', () => {})
  const client = await entrance.accepted
  const counts = { connections: 0, cutBeforeAnswer: 0, cutAfterAnswer: 0, cut: 0 }
  const link: LinkState = { mode: 'open', cutsBeforeAnswer: 0, cutsAfterAnswer: 0, counts }
  const connection = connect(client, { host, port: target.port }, finders.bytes(), link, () => {})
  const inside = await target.accepted
  let refused = false
  inside.on('error', () => {
    refused = true
  })
  outside.write('hello')
  await once(inside, 'data')
  client.once('end', connection.cut)
  outside.end()
  await once(inside, 'end')
  const writeOn = () => {
    inside.write('more')
    return refused
  }
  await until('nobody takes what the target writes', writeOn, 5_000)
  for (const socket of [outside, inside]) socket.destroy()
  for (const { server } of [entrance, target]) server.close()
})

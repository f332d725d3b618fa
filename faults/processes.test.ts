import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './ports.ts'
import { createNodeProcess, type NodeProcess, type UnexpectedExit } from './processes.ts'
import { createTail } from './tail.ts'

const directory = await mkdtemp(join(tmpdir(), 'stepstream-processes-'))
const nodes: NodeProcess[] = []
const exits: UnexpectedExit[] = []
after(async () => {
  await Promise.all(nodes.map((node) => node.kill()))
  await rm(directory, { recursive: true })
})

async function storeNode(environment: Readonly<Record<string, string>> = {}): Promise<NodeProcess> {
  const node = createNodeProcess({
    name: `store ${nodes.length}`,
    program: 'dist/infra/store/main.cjs',
    environment: { DATA_DIR: join(directory, `store-${nodes.length}`), ...environment },
    port: await freePort(),
    onUnexpectedExit: (exit) => exits.push(exit),
  })
  nodes.push(node)
  return node
}

async function ask(node: NodeProcess, statement: string, timeoutMs = 5_000): Promise<string> {
  // A connection of its own: none is left over from an earlier process on the same port.
  const headers = { connection: 'close' }
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(node.url, { method: 'POST', body: statement, headers, signal })
  return (await response.text()).trim()
}

test('a node is killed and started again on its port and data', async () => {
  const node = await storeNode()
  assert.ok(!node.alive())
  await node.start()
  await ask(node, 'CREATE TABLE kept (x UInt8) ENGINE = MergeTree ORDER BY x')
  const pid = node.pid()
  await Promise.all([node.start(), node.start()])
  assert.equal(node.pid(), pid, 'a start of what runs does nothing')
  for (let round = 0; round < 2; round++) {
    await node.kill()
    await node.kill()
    assert.deepEqual([node.alive(), node.pid()], [false, undefined])
    await assert.rejects(ask(node, 'SELECT 1'))
    assert.match(node.output(), /ended: SIGKILL/)
    await node.start()
    assert.match(node.output(), /"msg":"ready"/)
    assert.equal(await ask(node, 'EXISTS TABLE kept'), '1')
  }
  assert.notEqual(node.pid(), pid)
  await node.stop()
  await node.stop()
  assert.match(node.output(), /ended: code 0/)
  assert.deepEqual(exits, [])
})

test('a paused node answers nothing until it is resumed, and can be killed meanwhile', async () => {
  const node = await storeNode()
  await node.start()
  node.pause()
  await assert.rejects(ask(node, 'SELECT 1', 300), { name: 'TimeoutError' })
  assert.ok(node.alive())
  node.resume()
  assert.equal(await ask(node, 'SELECT 2'), '2')
  node.pause()
  await node.kill()
  await node.start()
  assert.equal(await ask(node, 'SELECT 3'), '3')
  node.pause()
  await node.stop()
  assert.deepEqual(exits, [])
})

test('a node that ends by itself is told of, with what it wrote', async () => {
  const node = await storeNode()
  await node.start()
  // As the kernel does when memory runs out.
  process.kill(node.pid()!, 'SIGKILL')
  while (node.alive()) await sleep(5)
  const exit = exits.shift()!
  assert.deepEqual([exit.node, exit.signal, exit.starting], [node.name, 'SIGKILL', false])
  assert.match(exit.output, /"msg":"ready"/)
})

test('a node that does not start says why', async () => {
  const wrong = await storeNode({ READ_SESSIONS: 'many' })
  await assert.rejects(wrong.start(), /ended at its start:\n.*READ_SESSIONS must be an integer/)
  assert.equal(exits.shift()?.starting, true)
  const node = await storeNode()
  const other = createServer().listen(node.port, '127.0.0.1')
  await assert.rejects(node.start(), /EADDRINUSE/)
  other.close()
  exits.length = 0
})

test('the tail of an output is bounded and ends with the last', () => {
  const tail = createTail(1_000)
  for (let i = 0; i < 10_000; i++) tail.add(`line ${i}\n`)
  assert.ok(tail.text().length >= 1_000 && tail.text().length <= 2_000)
  assert.ok(tail.text().endsWith('line 9998\nline 9999\n'))
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startFakeBroker } from './broker.fixture.ts'
import { createConnections } from './connections.ts'

const plain = { tls: false, sasl: undefined } as const

test('one connection to each broker while it is usable, a new one after that, none once they are closed', async () => {
  const broker = await startFakeBroker(() => ({ store: true, answer: 0 }))
  try {
    const connections = createConnections(plain)
    const [first, same] = await Promise.all([connections.to(broker.address), connections.to(broker.address)])
    assert.equal(first, same)
    first.close()
    const second = await connections.to(broker.address)
    assert.notEqual(second, first)
    assert.ok(second.usable())
    connections.drop()
    const third = await connections.to(broker.address)
    assert.ok(!second.usable() && third.usable())

    const opening = createConnections(plain)
    const late = opening.to(broker.address)
    opening.close()
    await assert.rejects(late, /closed/)
    connections.close()
    await assert.rejects(connections.to(broker.address), /the connections were closed/)
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(!third.usable())
  } finally {
    broker.close()
  }
})

test('a broker that could not be reached is tried again', async () => {
  const broker = await startFakeBroker(() => ({ store: true, answer: 0 }))
  broker.close()
  const connections = createConnections(plain)
  await assert.rejects(connections.to(broker.address), /ECONNREFUSED/)
  await assert.rejects(connections.to(broker.address), /ECONNREFUSED/)
  connections.close()
})

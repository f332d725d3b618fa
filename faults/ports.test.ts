import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePort } from './ports.ts'

test('every free port can be asked: none is among those that fetch refuses', async () => {
  const refusal = (port: number) =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => 'an answer',
      (error: Error) => String((error.cause as Error).message),
    )
  assert.equal(await refusal(10_080), 'bad port')
  const ports = new Set<number>()
  for (let count = 1; count <= 5_000; count++) {
    const port = await freePort()
    ports.add(port)
    assert.equal(ports.size, count)
    assert.notEqual(await refusal(port), 'bad port', `port ${port}`)
  }
})

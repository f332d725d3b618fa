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
  const ports = await Promise.all(Array.from({ length: 5_000 }, freePort))
  assert.equal(new Set(ports).size, ports.length)
  for (const port of ports) assert.notEqual(await refusal(port), 'bad port', `port ${port}`)
})

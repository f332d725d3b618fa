import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deferred } from '../deferred.fixture.ts'
import { earlyBody } from './early-body.ts'

const block = [Uint8Array.of(1, 2), Uint8Array.of(3, 4, 5)]

/** What of a body has come, as it comes. */
function receive(pieces: AsyncIterable<Uint8Array>) {
  const bytes: number[] = []
  async function read(): Promise<void> {
    for await (const piece of pieces) bytes.push(...piece)
  }
  return { bytes, whole: read() }
}

test('all of a body but its last byte goes at once, and that when its turn has come', async () => {
  const turn = deferred()
  const body = earlyBody(block, () => turn.promise)
  const { bytes, whole } = receive(body.pieces())
  while (bytes.length < 4) await Promise.resolve()
  for (let n = 0; n < 100; n++) await Promise.resolve()
  assert.deepEqual(bytes, [1, 2, 3, 4])
  turn.resolve()
  await whole
  assert.deepEqual(bytes, [1, 2, 3, 4, 5])
  assert.equal(body.isGivenUp(), false)
})

test('a body whose turn does not come in time is given up before it is whole; one whose turn fails, fails', async () => {
  const late = earlyBody(block, () => new Promise(() => {}), 10)
  const given = receive(late.pieces())
  await assert.rejects(given.whole, /did not come in time/)
  assert.deepEqual(given.bytes, [1, 2, 3, 4])
  assert.equal(late.isGivenUp(), true)

  const lost = earlyBody(block, () => Promise.reject(new Error('lost')))
  await assert.rejects(receive(lost.pieces()).whole, /lost/)
  assert.equal(lost.isGivenUp(), false)
})

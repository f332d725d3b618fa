import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createChannel, type Payload } from './channel.ts'
import type { Topic } from './topic.ts'
import { createUnsent, createViewer } from './viewer.ts'

test('a version that came while the one before could not be told is told without another one', async () => {
  let version = 1
  let isReady = true
  const topic = {
    isReady: () => isReady,
    version: () => version,
    event: () => ({ id: `v${version}`, cut: [version], value: {} }),
  } as unknown as Topic
  const channel = createChannel({
    ...{ key: '', topicKey: '', topic },
    reached: async () => true,
    render: () => Buffer.from('{}'),
  })
  const sent: Payload[] = []
  const viewer = createViewer({
    ...{ channel, after: undefined, unsent: createUnsent() },
    ...{ sent() {}, gone() {}, failureOf: (error: unknown) => error as never },
  })
  viewer.attach({ isReady: () => true, send: (payload) => sent.push(payload), end() {} })
  // The answer is under way when the topic changes; it is ready again, and everybody is pumped, before the answer is there.
  isReady = false
  await Promise.resolve()
  isReady = true
  version = 2
  viewer.pump()
  await turn()
  await turn()
  assert.deepEqual(
    sent.map(({ id }) => id),
    ['v2'],
  )
})

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { calmRequestQueues } from './request-queue.ts'

type Queue = {
  pending: unknown[]
  readonly throttleCheckTimeoutId: unknown
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
  destroy(): void
}
const require = createRequire(import.meta.url)
const RequestQueue: new (options: object) => Queue = require('kafkajs/src/network/requestQueue')

test('a queue of kafkajs sets its timer only while a request waits', () => {
  const logger = { debug() {}, warn() {} }
  const restless = new RequestQueue({ logger })
  restless.checkPendingRequests()
  assert.notEqual(restless.throttleCheckTimeoutId, null, 'else there is nothing to calm any more')
  restless.destroy()
  calmRequestQueues()
  calmRequestQueues()
  const queue = new RequestQueue({ logger })
  queue.checkPendingRequests()
  assert.equal(queue.throttleCheckTimeoutId, null)
  queue.pending.push({})
  queue.scheduleCheckPendingRequests()
  assert.notEqual(queue.throttleCheckTimeoutId, null)
  queue.destroy()
})

import { createRequire } from 'node:module'

/**
 * kafkajs sets a timer of a millisecond after every answer, on each connection, and again whenever it ends: an idle process wakes a
 * thousand times a second. It is there for requests that wait their turn, so it is set for those alone.
 */
type RequestQueue = { readonly pending: readonly unknown[] }
type Prototype = { scheduleCheckPendingRequests(this: RequestQueue): void }

export function calmRequestQueues(): void {
  const require = createRequire(import.meta.url)
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: Prototype }
  const schedule = prototype.scheduleCheckPendingRequests
  if (calmed.has(schedule)) return
  function scheduleIfNeeded(this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this)
  }
  calmed.add(scheduleIfNeeded)
  prototype.scheduleCheckPendingRequests = scheduleIfNeeded
}

const calmed = new WeakSet<Prototype['scheduleCheckPendingRequests']>()

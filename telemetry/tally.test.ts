import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Histogram, Registry } from 'prom-client'
import { createTally } from './tally.ts'

test("a tally reads as prom-client's histogram of the same observations", async () => {
  const buckets = [0.001, 0.01, 0.1, 1]
  const observations: [value: number, count: number][] = [
    [0, 3],
    [0.001, 1],
    [0.0010001, 2],
    [0.1, 5],
    [0.5, 1],
    [1, 2],
    [7.25, 4],
  ]
  const registry = new Registry()
  const plain = new Histogram({ name: 'waits', help: 'How long.', buckets, registers: [registry] })
  const tally = createTally('waits', 'How long.', buckets)
  for (const [value, count] of observations) {
    tally.observe(value, count)
    for (let i = 0; i < count; i++) plain.observe(value)
  }
  const fast = new Registry()
  fast.registerMetric(tally.metric as unknown as Histogram)
  assert.equal(await fast.metrics(), await registry.metrics())
})

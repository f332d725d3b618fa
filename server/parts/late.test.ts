import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import type { LogWriter } from '../../ingest/log/log.ts'
import { createLateWriter } from './late.ts'

test('a log that came late is asked for everything that a batcher goes by', async () => {
  const late = createLateWriter(4)
  assert.equal(late.part.id, '')
  assert.equal(late.part.paceMs, undefined)
  await assert.rejects(late.part.append(0, new Uint8Array(1)), { code: 'log_unavailable' })
  const log: Required<LogWriter> = { id: 'log', partitions: 4, paceMs: 10, append: async (partition) => partition + 7 }
  late.arrive(log)
  // Whatever a log says of itself, now or in days to come.
  for (const name of Object.keys(log) as (keyof LogWriter)[])
    if (name !== 'append') assert.equal(late.part[name], log[name], name)
  assert.equal(await late.part.append(3, new Uint8Array(1)), 10)
})

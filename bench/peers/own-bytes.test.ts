import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { timeMs } from '../dataset.ts'
import { peerDataset } from './data.ts'
import { measureOwnBytes, ownBytesInWords } from './own-bytes.ts'

const rounded = { kind: 'values', values: 'accuracy', seed: 1, series: 50, steps: 1_000 } as const

test('our own table holds the same points bit by bit, and its columns are what it takes on disk', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-own-test-'))
  try {
    const own = await measureOwnBytes(peerDataset({ ...rounded, clockNoiseMs: 5 }), directory)
    const { comparison, columns, bytesPerPoint } = own
    assert.equal(own.points, 50_000)
    assert.deepEqual([comparison.points, comparison.exact, comparison.unexpected], [40_000, 40_000, 0])
    assert.deepEqual(Object.keys(columns), ['run', 'metric', 'step', 'time', 'code', 'ord'])
    const sum = Object.values(columns).reduce((a, b) => a + b)
    assert.ok(sum < bytesPerPoint && bytesPerPoint < sum + 0.2, ownBytesInWords(own))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('noisy clocks go up all the same, are the same each time, and differ by run', () => {
  const dataset = peerDataset({ ...rounded, series: 100, clockNoiseMs: 25 })
  const steady = peerDataset({ ...rounded, series: 100 })
  const late = (run: number) =>
    Array.from({ length: 1_000 }, (_, step) => timeMs(dataset, run, step) - timeMs(steady, run, step))
  const deviation = Math.sqrt(late(0).reduce((sum, ms) => sum + ms ** 2, 0) / 1_000)
  assert.ok(deviation > 22 && deviation < 28, `${deviation} ms`)
  assert.deepEqual(late(0), late(0))
  assert.notDeepEqual(late(0), late(1))
  assert.ok(late(1).every((ms) => Math.abs(ms) < 125))
})

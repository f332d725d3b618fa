import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIngestOptions } from './options.ts'
import { UsageError } from './usage-error.ts'

test('options have their defaults by shape', () => {
  assert.equal(parseIngestOptions(['--shape', 'sparse']).runs, 10_000)
  const dense = parseIngestOptions(['--points', '5e6', '--json', 'result.json', '--keep'])
  assert.deepEqual(
    [dense.runs, dense.points, dense.json, dense.keep, dense.rate],
    [1_000, 5e6, 'result.json', true, undefined],
  )
})

test('there are never more connections than runs', () => {
  assert.equal(parseIngestOptions(['--runs', '3']).connections, 3)
})

for (const args of [
  ['--shape', 'round'],
  ['--points', '0'],
  ['--points', '1.5'],
  ['--rate', 'x'],
  ['--url', 'ftp://a'],
  ['--log', 'paper'],
  ['--phases', 'full,nap'],
  ['--phases', ''],
  ['--phases', 'steady'],
  ['--frames-url', 'http://a'],
  ['--tolerance', 'x'],
  ['--tolerance', ''],
  ['--peers', 'nobody'],
  ['--cpu-prof', 'broker'],
  ['--what'],
  ['extra'],
]) {
  test(`${args.join(' ')} is refused as wrong usage`, () => {
    assert.throws(() => parseIngestOptions(args), UsageError)
  })
}

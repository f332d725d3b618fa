import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from './failures.ts'
import { parseOptions } from './options.ts'

test('numbers may be written as people do, and kinds have kills of their own', () => {
  const options = parseOptions([
    '--log',
    'kafka',
    '--points',
    '1e7',
    '--kills',
    '1_000',
    '--sink-kills',
    '7',
    '--seed',
    '0',
  ])
  assert.deepEqual([options.points, options.kills, options.seed], [10_000_000, 1_000, 0])
  assert.deepEqual(options.killsOf, { sink: 7 })
  assert.deepEqual([options.brokers, options.gateways, options.sinks], [1, 2, 2])
})

test('without a seed there is a new one each time', () => {
  const seedOf = () => parseOptions(['--log', 'embedded']).seed
  assert.ok(new Set([seedOf(), seedOf(), seedOf()]).size > 1)
})

const wrong: [what: string, args: string[], named: RegExp][] = [
  ['no log', [], /--log/],
  ['an unknown log', ['--log', 'paper'], /--log must be embedded or kafka, not paper/],
  ['an unknown scenario', ['--log', 'kafka', '--scenario', 'flood'], /--scenario/],
  ['an unknown option', ['--log', 'kafka', '--hurry'], /--hurry/],
  ['no points at all', ['--log', 'kafka', '--points', '0'], /--points/],
  ['half a kill', ['--log', 'kafka', '--kills', '0.5'], /--kills/],
  ['an empty number', ['--log', 'kafka', '--sink-kills', ''], /--sink-kills/],
  ['two brokers', ['--log', 'kafka', '--brokers', '2'], /--brokers must be 1 or 3/],
  ['sinks to kill where there are none', ['--log', 'embedded', '--sink-kills', '1'], /no sink/],
  ['a server to kill where there is none', ['--log', 'kafka', '--server-kills', '1'], /no server/],
  ['a broker to stop where there is none', ['--log', 'embedded', '--scenario', 'broker-stop'], /needs --log kafka/],
]
for (const [what, args, named] of wrong) {
  test(`${what} is refused by name`, () => {
    assert.throws(
      () => parseOptions(args),
      (error) => error instanceof UsageError && named.test(error.message),
    )
  })
}

/** Proves that the proof can fail: servers that are wrong on purpose, whose damage the judge must find. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFaults } from './faults.fixture.ts'
import { chosenSeed } from './random.ts'

test('the judge finds the damage that each canary does', async () => {
  const seed = chosenSeed()
  const size = ['--points', 30_000, '--runs', 30, '--kills', 2, '--seed', seed]
  const { code, output } = await runFaults(['--log', 'embedded', '--scenario', 'canaries', ...size])
  assert.equal(code, 0, output)
  for (const canary of ['ack_before_append', 'skip_token', 'commit_before_insert']) {
    assert.match(output, new RegExp(`  found +${canary} `))
  }
})

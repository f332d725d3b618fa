/** The fault harness on the split shape, small: SEED=… replays a run. The big ones are run by hand, see faults/README.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runFaults } from './faults.fixture.ts'
import { chosenSeed } from './random.ts'

test('gateways and sinks killed around Kafka under load lose, double and alter nothing', async () => {
  const seed = chosenSeed()
  const size = ['--points', 200_000, '--runs', 60, '--seed', seed]
  const kills = ['--sink-kills', 4, '--gateway-kills', 2, '--ack-cuts', 5]
  const { code, output, result } = await runFaults(['--log', 'kafka', '--scenario', 'kills', ...kills, ...size])
  assert.equal(code, 0, output)
  assert.deepEqual([result.kills.sink, result.kills.gateway], [4, 2], output)
  assert.ok(result.acked >= 150_000, output)
  assert.equal(result.stored, result.acked + result.abandonedStored)
})

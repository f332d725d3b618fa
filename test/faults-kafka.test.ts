/** The fault harness on the split shape, small: SEED=… replays a run. The big ones are run by hand, see faults/README.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaTestOptions } from '../infra/kafka/fixture.ts'
import { runFaults } from './faults.fixture.ts'
import { chosenSeed } from './random.ts'

const kafka = await kafkaTestOptions()
const size = (points: number) => ['--log', 'kafka', '--points', points, '--runs', 40, '--seed', chosenSeed()]

test(
  'everything around Kafka and Kafka itself killed, stopped, cut off, with full disks and wrong clocks: nothing is lost, doubled or altered',
  kafka,
  async () => {
    const kills = ['--sink-kills', 3, '--gateway-kills', 2, '--broker-kills', 1, '--store-kills', 1, '--ack-cuts', 10]
    const { code, output, result } = await runFaults([...size(200_000), ...kills])
    assert.equal(code, 0, output)
    const { sink, gateway, broker, store } = result.kills
    assert.deepEqual([sink, gateway, broker, store], [3, 2, 1, 1], output)
    assert.ok(result.cuts.beforeAnswer! >= 10, output)
    assert.ok(result.acked >= 150_000, output)
    assert.equal(result.stored, result.acked + result.abandonedStored)
  },
)

// The harness counts it as damage when something is acknowledged that no broker has, or a question waits longer than two seconds.
const lasting: [scenario: string, points: number, what: string][] = [
  ['broker-stop', 150_000, 'Kafka stands still under load: no acknowledgements meanwhile, nothing lost after'],
  [
    'store-away',
    150_000,
    'the store is away under load: acknowledgements go on, questions fail soon, the sinks catch up',
  ],
  ['rebalance', 300_000, 'sinks come and go under load'],
]
for (const [scenario, points, what] of lasting) {
  test(what, kafka, async () => {
    const { code, output, result } = await runFaults([...size(points), '--scenario', scenario, '--seconds', 3])
    assert.equal(code, 0, output)
    assert.ok(result.acked >= points * 0.75, output)
    assert.equal(result.stored, result.acked + result.abandonedStored)
  })
}

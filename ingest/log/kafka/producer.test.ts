import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../../schema/errors.ts'
import { createLogger } from '../../../telemetry/logger.ts'
import { type Fate, type Received, startFakeBroker } from './broker.fixture.ts'
import type { KafkaOptions } from './options.ts'
import { createRecordSender, type RecordSender } from './producer.ts'

type Broker = Awaited<ReturnType<typeof startFakeBroker>>

/** @param fates what becomes of the records as they come; all that come later are stored */
async function withBroker(
  fates: (Fate | ((record: Received) => Fate))[],
  work: (sender: RecordSender, broker: Broker) => Promise<void>,
): Promise<void> {
  const broker = await startFakeBroker((record) => {
    const fate = fates.shift() ?? { store: true, answer: 0 }
    return typeof fate === 'function' ? fate(record) : fate
  })
  const options = { tls: false, sasl: undefined, logger: createLogger('silent') } as unknown as KafkaOptions
  const sender = createRecordSender('t', options, { of: async () => broker.address, forget() {} })
  try {
    await work(sender, broker)
  } finally {
    await sender.close()
    broker.close()
  }
}

const bytes = (text: string) => ({ value: Buffer.from(text) })
const refusedAs = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code
const numbers = ({ received }: Broker) => received.map(({ producer, sequence }) => `${producer}:${sequence}`)

const passing: [string, Fate][] = [
  ['stored, and the answer is lost', { store: true, answer: 'cut' }],
  ['not stored, and the connection is lost', { store: false, answer: 'cut' }],
  ['stored by a leader that then waits in vain for its replicas', { store: true, answer: 20 }],
  ['at a broker that does not lead', { store: false, answer: 6 }],
  ['without enough replicas', { store: false, answer: 19 }],
]
for (const [name, fate] of passing) {
  test(`a record ${name}: the same bytes go under the same number, and are there once`, () =>
    withBroker([{ store: true, answer: 0 }, fate, fate], async (sender, broker) => {
      const offsets = [
        await sender.send(0, bytes('a')),
        await sender.send(0, bytes('b')),
        await sender.send(0, bytes('c')),
      ]
      assert.deepEqual(offsets, [0, 1, 2])
      assert.deepEqual(broker.texts(0), ['a', 'b', 'c'])
      assert.deepEqual(numbers(broker), ['1000:0', '1000:1', '1000:1', '1000:1', '1000:2'])
    }))
}

for (const [error, name] of [
  [45, 'out of order'],
  [46, 'a duplicate'],
  [47, 'of an old epoch'],
  [59, 'of an unknown producer'],
  [31, 'not allowed'],
  [-1, 'an unknown error'],
] as const) {
  test(`a record that is called ${name} is neither stored nor refused for us, and the next has a new producer`, () =>
    withBroker(
      [
        { store: true, answer: 0 },
        { store: true, answer: error },
      ],
      async (sender, broker) => {
        await sender.send(0, bytes('a'))
        await assert.rejects(sender.send(1, bytes('other')), refusedAs('outcome_unknown'))
        assert.equal(await sender.send(0, bytes('b')), 1)
        assert.equal(await sender.send(1, bytes('c')), 1)
        // Of partition 0 nothing was in doubt.
        assert.deepEqual(numbers(broker), ['1000:0', '1001:0', '1000:1', '1002:0'])
      },
    ))
}

test('a record that is too large is refused by name when nothing of it can be stored', () =>
  withBroker([{ store: false, answer: 10 }], async (sender, broker) => {
    await assert.rejects(sender.send(0, bytes('a')), refusedAs('log_unavailable'))
    assert.equal(await sender.send(0, bytes('b')), 0)
    assert.deepEqual(broker.texts(0), ['b'])
  }))

test('a record that is too large now may have been stored by a request before', () =>
  withBroker(
    [
      { store: true, answer: 'cut' },
      { store: false, answer: 18 },
    ],
    async (sender) => {
      await assert.rejects(sender.send(0, bytes('a')), refusedAs('outcome_unknown'))
    },
  ))

test('records of several partitions share a request, and one that fails takes no other along', () => {
  const ofTwo =
    (answer: number) =>
    ({ partition }: Received) => ({ store: true, answer: partition === 2 ? answer : 0 })
  return withBroker([ofTwo(6), ofTwo(6), ofTwo(6), ofTwo(6)], async (sender, broker) => {
    const offsets = await Promise.all([0, 1, 2, 3].map((partition) => sender.send(partition, bytes(`p${partition}`))))
    assert.deepEqual(offsets, [0, 0, 0, 0])
    assert.deepEqual([0, 1, 2, 3].flatMap(broker.texts), ['p0', 'p1', 'p2', 'p3'])
    assert.equal(broker.received.length, 5, 'only that of partition 2 went twice')
    assert.ok(broker.produceRequests() < 4, `${broker.produceRequests()} requests`)
  })
})

test('records of a partition keep their order, one under way at a time', () =>
  withBroker([{ store: true, answer: 'cut' }], async (sender, broker) => {
    const offsets = await Promise.all(['a', 'b', 'c', 'd'].map((text) => sender.send(0, bytes(text))))
    assert.deepEqual(offsets, [0, 1, 2, 3])
    assert.deepEqual(broker.texts(0), ['a', 'b', 'c', 'd'])
  }))

test('what waits behind the record under way is refused when the log closes', () =>
  withBroker([], async (sender) => {
    const first = sender.send(0, bytes('a'))
    const second = sender.send(0, bytes('b'))
    const refused = assert.rejects(second, refusedAs('shutting_down'))
    await new Promise(setImmediate)
    await sender.close()
    assert.equal(await first, 0)
    await refused
  }))

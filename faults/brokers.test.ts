import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { kafkaTestOptions } from '../infra/kafka/fixture.ts'
import { type Brokers, startBrokers } from './brokers.ts'
import { diskAbilities } from './disk.ts'
import type { UnexpectedExit } from './processes.ts'

const { fill } = await diskAbilities()

test('a broker behind its link: cut, refused, killed, out of disk', await kafkaTestOptions(), async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-brokers-'))
  const exits: UnexpectedExit[] = []
  const brokers = await startBrokers({
    ...{ directory: join(directory, 'kafka'), brokers: 1, diskMegabytes: fill.able ? 256 : undefined },
    onUnexpectedExit: (exit) => exits.push(exit),
  })
  const kafka = new Kafka({
    ...{ brokers: [...brokers.bootstrap], logLevel: logLevel.NOTHING },
    retry: { retries: 0, restrictionFor: 0 } as object,
  })
  try {
    await useBroker(t, kafka, brokers, exits)
  } finally {
    await brokers.stop()
    await rm(directory, { recursive: true })
  }
})

async function useBroker(
  t: { test(name: string, options: { skip?: string | false }, work: () => Promise<void>): Promise<void> },
  kafka: Kafka,
  brokers: Brokers,
  exits: readonly UnexpectedExit[],
): Promise<void> {
  const [node] = brokers.nodes
  const [link] = brokers.links
  const admin = kafka.admin()
  const producer = kafka.producer()
  const send = (value: string | Buffer) => producer.send({ topic: 'values', acks: -1, messages: [{ value }] })
  const end = async () => Number((await admin.fetchTopicOffsets('values'))[0]!.high)
  const patiently = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let tried = 1; ; tried++) {
      try {
        return await work()
      } catch (error) {
        if (tried === 100) throw error
        await sleep(100)
      }
    }
  }

  await t.test('everything goes through the link', {}, async () => {
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'values', numPartitions: 1, replicationFactor: 1 }] })
    await producer.connect()
    await send('first')
    assert.equal(await end(), 1)
    assert.ok(link!.counts.connections >= 2)
    link!.refuse()
    await assert.rejects(send('refused'))
    link!.open()
    await patiently(() => send('second'))
    assert.equal(await patiently(end), 2)
  })

  await t.test('a cut before the answer: the record is there and its producer does not know', {}, async () => {
    link!.cutBeforeAnswer(1)
    // Metadata and fetched offsets do not count.
    await admin.fetchTopicMetadata({ topics: ['values'] })
    assert.equal(link!.counts.cutBeforeAnswer, 0)
    await assert.rejects(send('third'))
    assert.equal(link!.counts.cutBeforeAnswer, 1)
    assert.equal(await patiently(end), 3)
  })

  await t.test('a cut after the answer: the producer knows', {}, async () => {
    link!.cutAfterAnswer(1)
    await patiently(() => send('fourth'))
    assert.equal(link!.counts.cutAfterAnswer, 1)
    assert.equal(await patiently(end), 4)
  })

  await t.test('killed and started again, it has its records', {}, async () => {
    await node!.kill()
    await assert.rejects(send('nobody'))
    await Promise.all([node!.start(), node!.start()])
    await node!.start()
    assert.equal(await patiently(end), 4)
  })

  await t.test('out of disk it ends, which is no surprise', { skip: !fill.able && fill.reason }, async () => {
    await brokers.disks[0]!.fill()
    const large = Buffer.alloc(500_000, 1)
    await assert.rejects(async () => {
      for (let i = 0; i < 100; i++) await send(large)
    })
    for (let waited = 0; node!.alive() && waited < 20_000; waited += 50) await sleep(50)
    assert.ok(!node!.alive(), 'it lives on')
    await brokers.disks[0]!.free()
    await node!.start()
    await patiently(() => send('fifth'))
    assert.ok((await patiently(end)) >= 5)
  })

  await t.test('ended by somebody else it is told of', {}, async () => {
    assert.equal(exits.length, 0)
    // Until the full disk is long past.
    await sleep(fill.able ? 5_500 : 0)
    process.kill(node!.pid()!, 'SIGKILL')
    while (node!.alive()) await sleep(20)
    const told = exits.map(({ node, signal, output }) => [node, signal, /QuorumController/.test(output)])
    assert.deepEqual(told, [['broker-1', 'SIGKILL', true]])
  })
  await Promise.allSettled([admin.disconnect(), producer.disconnect()])
}

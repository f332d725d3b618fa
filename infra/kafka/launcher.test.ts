import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaConfig, SASLOptions } from 'kafkajs'
import { client, consume, createTopic, produce, startProxy, topicsOf, withKafka } from './client.fixture.ts'
import { kafkaTestOptions } from './fixture.ts'
import { type BrokerExit, startKafka } from './launcher.ts'
import { freePorts } from './ports.ts'

const options = await kafkaTestOptions()

const rows: Record<string, () => Promise<void>> = {
  async 'what one broker acknowledged is there after SIGKILL, and after a start in the same directory'() {
    await withKafka({}, async (cluster, directory) => {
      const broker = cluster.brokers[0]!
      const kafka = client(cluster)
      await createTopic(kafka, 'numbers', 1)
      await produce(kafka, 'numbers', 'one')
      await broker.kill()
      assert.equal(broker.alive(), false)
      assert.equal(broker.pid(), undefined)
      await broker.start()
      assert.equal(broker.alive(), true)
      await produce(kafka, 'numbers', 'two')
      assert.deepEqual(await consume(kafka, 'numbers', 'readers', 2), ['one', 'two'])

      await assert.rejects(startKafka({ directory }), /Kafka runs in .* already/)
      const other = join(directory, 'other')
      await assert.rejects(startKafka({ directory: other, ports: [broker.port] }), /port \d+ of 127.0.0.1 is taken/)

      await cluster.stop()
      await assert.rejects(startKafka({ directory, brokers: 3 }), /holds a cluster of 1 brokers, not of 3/)
      const exits: BrokerExit[] = []
      const again = await startKafka({ directory, onExit: (exit) => exits.push(exit) })
      try {
        assert.deepEqual(await consume(client(again), 'numbers', 'later readers', 2), ['one', 'two'])
      } finally {
        await again.stop()
      }
      assert.deepEqual(exits, [{ id: 1, code: 143, signal: null, asked: true }])
    })
  },

  async 'a paused broker answers nothing until it is resumed, and clients may be kept behind a proxy'() {
    const [proxyPort] = await freePorts(1)
    await withKafka({ advertisedPorts: [proxyPort!] }, async (cluster) => {
      assert.deepEqual(cluster.bootstrap, [`127.0.0.1:${proxyPort}`])
      const broker = cluster.brokers[0]!
      const proxy = await startProxy(proxyPort!, broker.port)
      try {
        // The first connection goes past the proxy; what the broker says of itself brings the others to it.
        const kafka = client({ ...cluster, bootstrap: [`127.0.0.1:${broker.port}`] })
        await createTopic(kafka, 'numbers', 1)
        assert.ok(proxy.connections() > 0)
        broker.pause()
        const produced = produce(kafka, 'numbers', 'one').then(() => 'acknowledged')
        assert.equal(await Promise.race([produced, sleep(1000, 'nothing')]), 'nothing')
        assert.equal(broker.alive(), true)
        broker.resume()
        assert.equal(await produced, 'acknowledged')
        broker.pause()
        // Also one that is paused can be stopped.
        await cluster.stop()
        assert.equal(broker.alive(), false)
      } finally {
        proxy.close()
      }
    })
  },

  async 'settings of TLS and SASL reach the broker: who lacks the certificate or the password stays outside'() {
    const directory = await mkdtemp(join(tmpdir(), 'stepstream-kafka-'))
    const once: Partial<KafkaConfig> = { retry: { retries: 0 }, connectionTimeout: 2000 }
    try {
      for (const security of ['sasl', 'tls', 'tls+sasl'] as const) {
        const cluster = await startKafka({ directory, security })
        try {
          const { ca, sasl } = cluster
          const ssl: Partial<KafkaConfig> = ca === undefined ? {} : { ssl: { ca: [ca] } }
          assert.equal(ca !== undefined, security.includes('tls'))
          assert.equal(sasl !== undefined, security.includes('sasl'))
          for (const mechanism of sasl ? (['plain', 'scram-sha-256', 'scram-sha-512'] as const) : []) {
            const right = { mechanism, ...sasl! } as SASLOptions
            const wrong = { ...right, password: 'guess' } as SASLOptions
            assert.deepEqual(await topicsOf(client(cluster, { ...ssl, sasl: right })), [])
            await assert.rejects(topicsOf(client(cluster, { ...ssl, ...once, sasl: wrong })), /SASL|Authentication/)
          }
          if (sasl) await assert.rejects(topicsOf(client(cluster, { ...ssl, ...once })))
          else assert.deepEqual(await topicsOf(client(cluster, ssl)), [])
          if (ca) await assert.rejects(topicsOf(client(cluster, { ...once, ssl: true })), /self-signed certificate/)
        } finally {
          await cluster.stop()
        }
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },

  async 'of three brokers one after the other may be lost, and records that are to be on all in-sync replicas are taken'() {
    await withKafka({ brokers: 3 }, async (cluster) => {
      const kafka = client(cluster)
      await createTopic(kafka, 'numbers', 3)
      await produce(kafka, 'numbers', 'one')
      await cluster.brokers[0]!.kill()
      await produce(kafka, 'numbers', 'two')
      assert.deepEqual(await consume(kafka, 'numbers', 'readers', 2), ['one', 'two'])
      await cluster.brokers[0]!.start()
      await cluster.brokers[1]!.kill()
      await produce(kafka, 'numbers', 'three')
      assert.deepEqual(await consume(kafka, 'numbers', 'later readers', 3), ['one', 'two', 'three'])
    })
  },

  async 'when one of three brokers cannot start, why is said and the others do not stay'() {
    const folder = await mkdtemp(join(tmpdir(), 'stepstream-kafka-'))
    const directory = join(folder, 'cluster')
    const exits: BrokerExit[] = []
    try {
      // What stands in the way of the second broker's log.
      await mkdir(join(directory, 'broker-2', 'console.log'), { recursive: true })
      const start = startKafka({ directory, brokers: 3, onExit: (exit) => exits.push(exit) })
      await assert.rejects(start, /console\.log/)
      const names = await readdir(directory, { recursive: true })
      assert.deepEqual(
        names.filter((name) => /lock\.\d/.test(name)),
        [],
      )
      assert.ok(exits.every(({ asked, signal }) => asked && signal === 'SIGKILL'))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },

  async 'a broker that cannot start says why'() {
    const settings = { 'num.io.threads': 'many' }
    const start = withKafka({ settings }, async () => {})
    await assert.rejects(start, /Invalid value many for configuration num\.io\.threads/)
  },
}

for (const [name, work] of Object.entries(rows)) test(name, options, work)

/** The split shape on one machine: Kafka, the store, gateways, sinks and a query server as processes of their own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaTestOptions } from '../infra/kafka/fixture.ts'
import { startKafka } from '../infra/kafka/launcher.ts'
import { freePorts } from '../infra/kafka/ports.ts'
import { type ProcessKind, type Server, type Settings, startServer, until, withDataDir } from './harness.ts'
import { chosenSeed, createRandom } from './random.ts'
import { readPoints, readRun } from './read-back.ts'
import { verify } from './verify.ts'
import { postJson } from './wire.ts'
import { createWriter, type Writer } from './writers.ts'

const project = 'split'

test(
  'split into processes, all of which are restarted one after the other under load, it keeps its promises',
  await kafkaTestOptions(),
  async () => {
    const seed = chosenSeed()
    const random = createRandom(seed)
    await withDataDir(async (directory) => {
      const kafka = await startKafka({ directory: `${directory}/kafka` })
      const running = new Map<string, Server>()
      try {
        const shared = {
          KAFKA_BROKERS: kafka.bootstrap.join(','),
          KAFKA_PARTITIONS: 3,
          KAFKA_SESSION_TIMEOUT_MS: 6_000,
        }
        const start = async (name: string, kind: ProcessKind, settings: Settings = {}) => {
          // Below those of outgoing connections, or one of them may have it when the process comes again.
          const port = running.get(name)?.port ?? (await freePorts(1))[0]!
          const server = await startServer(`${directory}/${name}`, { PORT: port, ...shared, ...settings }, kind)
          running.set(name, server)
          return server
        }
        const readers = { STORE_READER_USER: 'asker', STORE_READER_PASSWORD: 'reads' }
        const store = await start('store', 'store', readers)
        const stored = { STORE_URL: store.url }
        const asker = { QUERY_STORE_USER: 'asker', QUERY_STORE_PASSWORD: 'reads' }
        await start('sink 1', 'sink', stored)
        await start('sink 2', 'sink', stored)
        const query = await start('query', 'query', { ...stored, ...asker })
        const left = await start('gateway 1', 'gateway')
        const right = await start('gateway 2', 'gateway')
        for (const [step, gateway] of [left, right].entries()) {
          const { at } = await postJson(gateway, { project, run: 'both', log: [{ step, metrics: { a: step / 3 } }] })
          const points = await readPoints(query, { project, run: 'both', metrics: ['a'], at })
          assert.deepEqual(points.get('a')?.at(-1), [step, step / 3])
          assert.equal((await readRun(query, project, 'both', at))?.points, step + 1)
        }

        const writers = ['one', 'two', 'three'].map((run) =>
          createWriter({
            ...{ project, run, name: run, metrics: [`${run} a`, `${run} b`], framesInFlight: 20 },
            ...{ pauseMs: 5, stepsPerFrame: 5, random: createRandom(Math.floor(random() * 2 ** 32)) },
          }),
        )
        const working = writers.map((writer, i) => writeOn(writer, () => running.get(`gateway ${1 + (i % 2)}`)!))
        const restarts: [name: string, kind: ProcessKind, settings?: Settings][] = [
          ['sink 1', 'sink', stored],
          ['gateway 1', 'gateway'],
          ['query', 'query', { ...stored, ...asker }],
          ['sink 2', 'sink', stored],
          ['store', 'store', readers],
          ['gateway 2', 'gateway'],
        ]
        for (const [name, kind, settings] of restarts) {
          await sleep(700)
          const before = running.get(name)!
          assert.deepEqual(await before.stop(), { code: 0, signal: null }, `${name}: ${before.output().slice(-3000)}`)
          await start(name, kind, settings)
        }
        await sleep(1_000)
        for (const writer of writers) writer.stop()
        await Promise.all(working)
        assert.ok(
          writers.every((writer) => writer.sent.every((frame) => frame.acked)),
          `seed ${seed}`,
        )
        const ats = new Map(writers.map((writer) => [writer.run, writer.at!]))
        const { points, acked } = await verify(running.get('query')!, writers, `seed ${seed}`, ats)
        assert.equal(points, acked)
        assert.ok(points > 5_000, `${points} points are too few to mean something`)
        await until('both gateways are ready', async () => {
          const answers = await Promise.all([1, 2].map((n) => fetch(`${running.get(`gateway ${n}`)!.url}/readyz`)))
          return answers.every(({ status }) => status === 200)
        })
      } catch (error) {
        for (const [name, server] of running) {
          const metrics = await fetch(`${server.url}/metrics`).then(
            (response) => response.text(),
            () => 'it does not answer',
          )
          const ours = metrics
            .split('\n')
            .filter((line) => /^stepstream_(log|sink|insert|flush|points)\w*(\{| )/.test(line))
          console.error(
            `${name}:\n${ours.filter((line) => !/bucket| 0$/.test(line)).join('\n')}\n${server.output().slice(-3_000)}`,
          )
        }
        throw error
      } finally {
        await Promise.all([...running.values()].map((server) => server.kill()))
        await kafka.stop()
      }
    })
  },
)

/** Sends until the writer is told to stop, over ever new connections to whatever takes the gateway's place. */
async function writeOn(writer: Writer, gateway: () => Server): Promise<void> {
  for (;;) {
    // What an earlier server said says nothing about this one.
    writer.refusals.clear()
    await writer.work(gateway())
    if (writer.lost === undefined) return
    await sleep(50)
  }
}

/** What is asked of the split shape: tiles that a sink has made in a store over HTTP, live events and exports of what came through Kafka. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { kafkaTestOptions } from '../infra/kafka/fixture.ts'
import { startKafka } from '../infra/kafka/launcher.ts'
import { applySeriesEvent, curveKey, type LiveCurves } from '../schema/live-patches.ts'
import { fetchFrom, type ProcessKind, type Settings, startServer, until, withDataDir } from './harness.ts'
import { longSeries, longSeriesHolds, longSeriesSettings } from './long-series.fixture.ts'
import { chosenSeed, createRandom } from './random.ts'
import { ask } from './read-back.ts'
import { openEvents } from './viewers.ts'

const { project, run, metric } = longSeries
const fields = 'run metric steps values receipt { bucketWidth pointsTotal pointsReturned superseded }'

test(
  'split into processes, curves from tiles, live events and exports have every point that was logged, through a kill of the sink',
  await kafkaTestOptions(),
  async () => {
    const random = createRandom(chosenSeed())
    await withDataDir(async (directory) => {
      const kafka = await startKafka({ directory: `${directory}/kafka` })
      try {
        const shared = {
          ...longSeriesSettings,
          ...{ KAFKA_BROKERS: kafka.bootstrap.join(','), KAFKA_PARTITIONS: 2, KAFKA_SESSION_TIMEOUT_MS: 6_000 },
        }
        const start = (kind: ProcessKind, settings: Settings = {}) =>
          startServer(`${directory}/${kind}`, { ...shared, ...settings }, kind)
        const store = await start('store')
        const stored = { STORE_URL: store.url }
        let sink = await start('sink', stored)
        const query = await start('query', stored)
        const gateway = await start('gateway')
        const watched = { project, runs: [run], metrics: [metric], buckets: 100 }
        const viewer = await openEvents(query, {
          query: `subscription ($in: LiveSeriesInput!) { series(input: $in) { id series { reset fromStep ${fields} } } }`,
          variables: { in: watched },
        })
        const { logged, at } = await longSeriesHolds(
          {
            gateway: () => gateway,
            sink: () => sink,
            query: () => query,
            async restart() {
              await sink.kill()
              sink = await start('sink', stored)
            },
          },
          random,
        )

        const { series } = await ask<{ series: object[] }>(
          query,
          `query ($in: SeriesInput!) { series(input: $in) { ${fields} } }`,
          { in: { ...watched, at } },
        )
        const curves: LiveCurves = new Map()
        let applied = 0
        const shown = () => {
          for (; applied < viewer.results.length; applied++)
            applySeriesEvent(curves, viewer.results[applied]!.data.series)
          return curves.get(curveKey({ run, metric }))
        }
        await until('the viewer has it', () => JSON.stringify(shown()) === JSON.stringify(series[0])).catch(() => {})
        assert.deepEqual(shown(), series[0])
        assert.ok(viewer.results.length > 5, `${viewer.results.length} events`)
        viewer.close()

        const answer = await fetchFrom(query, `/v1/export?project=${project}&at=${encodeURIComponent(at)}&points=all`)
        const file = await answer.arrayBuffer()
        assert.equal(answer.status, 200, Buffer.from(file).toString('latin1').slice(0, 300))
        const rows = await parquetReadObjects({ file, compressors, columns: ['step', 'value'] })
        assert.deepEqual(
          inOrder(rows.map((row) => ({ step: Number(row.step), value: row.value as number }))),
          inOrder(logged),
        )
        for (const server of [gateway, query, sink, store])
          assert.deepEqual(await server.stop(), { code: 0, signal: null }, server.output().slice(-3_000))
      } finally {
        await kafka.stop()
      }
    })
  },
)

/** By step; of one step as they stand. */
function inOrder<T extends { readonly step: number }>(points: readonly T[]): T[] {
  return [...points].sort((a, b) => a.step - b.step)
}

import { test } from 'node:test'
import { startServer, withDataDir } from './harness.ts'
import { longSeriesHolds, longSeriesSettings } from './long-series.fixture.ts'
import { chosenSeed, createRandom } from './random.ts'

test('a long series is read back exactly while tiles are made of it and late points come, through a kill', async () => {
  const random = createRandom(chosenSeed())
  await withDataDir(async (dataDir) => {
    let server = await startServer(dataDir, longSeriesSettings)
    const same = () => server
    await longSeriesHolds(
      {
        ...{ gateway: same, sink: same, query: same },
        async restart() {
          await server.kill()
          server = await startServer(dataDir, longSeriesSettings)
        },
      },
      random,
    )
    await server.stop()
  })
})

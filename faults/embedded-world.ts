import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createClock } from './clock.ts'
import { createDisk } from './disk.ts'
import { freePort } from './ports.ts'
import { createNodeProcess, type ProcessOptions } from './processes.ts'
import { createLink } from './proxy.ts'
import { openStoppedStoreApart, type StoppedStore } from './stopped-store.ts'
import type { World } from './world.ts'

export type EmbeddedOptions = {
  /** Of its own; removed by `stop`. */
  readonly directory: string
  /** Settings of the server besides those that make the world. */
  readonly environment: Readonly<Record<string, string>>
  /** Size of a disk that can be full and slow, MiB; undefined: data lies in `directory`. */
  readonly diskMegabytes?: number | undefined
  readonly onUnexpectedExit?: ProcessOptions['onUnexpectedExit']
}

/** The all-in-one server on its embedded log and store, behind a proxy. Data is in `data`, of the directory or of the disk. */
export async function startEmbeddedWorld(options: EmbeddedOptions): Promise<World> {
  const { directory, environment, diskMegabytes, onUnexpectedExit = () => {} } = options
  await mkdir(directory, { recursive: true })
  const disk = diskMegabytes === undefined ? undefined : await createDisk({ name: 'data', megabytes: diskMegabytes })
  const data = join(disk?.path ?? directory, 'data')
  const clock = await createClock(join(directory, 'clock'))
  const server = createNodeProcess({
    ...{ name: 'server', program: 'dist/server/main.cjs', port: await freePort(), onUnexpectedExit },
    environment: { API_KEY: '', LOG_LEVEL: 'info', ...environment, ...clock.environment, DATA_DIR: data },
  })
  const target = { host: '127.0.0.1', port: server.port }
  const client = await createLink({ name: 'clients-server', target, port: await freePort(), protocol: 'http' })
  let store: StoppedStore | undefined

  async function stop(): Promise<void> {
    await store?.close()
    await server.kill()
    await client.close()
    await disk?.unmount()
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }

  try {
    await server.start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    frameUrls: [`http://127.0.0.1:${client.port}`],
    questionUrl: `${server.url}/graphql`,
    nodes: { server: [server], gateway: [], sink: [], query: [], store: [], broker: [] },
    links: { client: [client], broker: [], store: [] },
    disks: disk === undefined ? [] : [disk],
    stepClock: (_kind, _index, byMs) => clock.step(byMs),
    async heal() {
      client.open()
      server.resume()
      await disk?.free()
      await clock.step(-clock.offsetMs())
      await server.start()
    },
    async sql<T>(statement: string, parameters = {}) {
      // The data folder belongs to one process at a time, so the server ends first, in order.
      if (store === undefined) {
        await server.stop()
        store = openStoppedStoreApart(data)
      }
      return await store.rows<T>(statement, parameters)
    },
    stop,
  }
}

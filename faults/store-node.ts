/** The store of a split world: a process of its own, asked by the harness past everything else. */
import { join } from 'node:path'
import { createClient } from '@clickhouse/client'
import { createDisk } from './disk.ts'
import { freePort } from './ports.ts'
import { createNodeProcess, type NodeProcess, type ProcessOptions } from './processes.ts'
import type { Disk, World } from './world.ts'

export type StoreOptions = Pick<ProcessOptions, 'onUnexpectedExit'> & {
  readonly directory: string
  /** Size of its own disk; undefined: it lies in `directory`. */
  readonly diskMegabytes: number | undefined
}
export type StoreNode = {
  readonly node: NodeProcess
  readonly disks: readonly Disk[]
  /** What servers need to log in. */
  readonly user: Readonly<Record<string, string>>
  readonly sql: World['sql']
  stop(): Promise<void>
}

export async function startStore({ directory, diskMegabytes, onUnexpectedExit }: StoreOptions): Promise<StoreNode> {
  const disk = diskMegabytes === undefined ? undefined : await createDisk({ name: 'store', megabytes: diskMegabytes })
  const user = { STORE_USER: 'stepstream', STORE_PASSWORD: 'between-us' }
  const node = createNodeProcess({
    ...{ name: 'store', program: 'dist/infra/store/main.cjs', port: await freePort(), onUnexpectedExit },
    environment: { ...user, DATA_DIR: join(disk?.path ?? directory, 'store') },
  })
  const client = createClient({
    ...{ url: node.url, username: user.STORE_USER, password: user.STORE_PASSWORD },
    // The store is killed now and then, and a connection kept would be one to the dead.
    keep_alive: { enabled: false },
    clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
  })
  async function stop(): Promise<void> {
    await node.kill()
    await client.close()
    await disk?.unmount()
  }

  try {
    await node.start()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    ...{ node, user, stop, disks: disk ? [disk] : [] },
    async sql<T>(statement: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<T[]> {
      const query = { query: statement, query_params: { ...parameters }, format: 'JSONEachRow' } as const
      return await (await client.query(query)).json<T>()
    },
  }
}

import { once } from 'node:events'
import { cp } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Launched, launch, type Settings } from '../test/harness.ts'
import { createClock } from './clock.ts'
import { createDisk } from './disk.ts'
import { guardProcess, startGuard } from './guard.ts'
import { createLink } from './proxy.ts'
import { openStoppedStoreApart, type StoppedStore } from './stopped-store.ts'
import type { World, WorldNode } from './world.ts'

export type WorldOptions = {
  /** Of its own: data, clock and what is kept. Whoever made it removes it. */
  readonly directory: string
  /** Environment variables of every node. */
  readonly settings: Settings
  /** Size of a disk that can be full and slow, MiB; undefined: data lies on the disk of the machine. */
  readonly diskMegabytes: number | undefined
}

const readyMs = 60_000
const stopMs = 30_000

/** The all-in-one server on its embedded log and store, behind a proxy. Its data ends up in `directory/data`. */
export async function createEmbeddedWorld({ directory, settings, diskMegabytes }: WorldOptions): Promise<World> {
  startGuard()
  const port = await freePort()
  const disk = diskMegabytes === undefined ? undefined : await createDisk({ name: 'data', megabytes: diskMegabytes })
  const data = disk === undefined ? join(directory, 'data') : join(disk.path, 'data')
  const clock = await createClock(join(directory, 'clock'))
  const server = createServerNode(data, { ...settings, ...clock.environment, PORT: port }, port)
  const client = await createLink({ name: 'client-server', target: { host: '127.0.0.1', port }, protocol: 'http' })
  let store: StoppedStore | undefined
  await server.start()

  async function heal(): Promise<void> {
    client.open()
    server.resume()
    await disk?.free()
    await clock.step(-clock.offsetMs())
    if (!server.alive()) await server.start()
  }

  return {
    frameUrls: [`http://127.0.0.1:${client.port}`],
    questionUrl: `http://127.0.0.1:${port}`,
    nodes: { server: [server], gateway: [], sink: [], query: [], store: [], broker: [] },
    links: { client: [client], broker: [], store: [] },
    disks: disk === undefined ? [] : [disk],
    stepClock: (_kind, _index, byMs) => clock.step(byMs),
    heal,
    async sql<T>(statement: string, parameters = {}) {
      // The data folder belongs to one process at a time, so the server ends first, in order.
      if (store === undefined) {
        await server.end()
        store = openStoppedStoreApart(data)
      }
      return await store.rows<T>(statement, parameters)
    },
    async stop() {
      await store?.close()
      await server.kill()
      await client.close()
      if (disk === undefined) return
      await cp(data, join(directory, 'data'), { recursive: true })
      await disk.unmount()
    },
  }
}

/** A server process on a folder and a port, again and again. */
function createServerNode(directory: string, settings: Settings, port: number) {
  let launched: Launched | undefined
  let unguard = () => {}
  let earlier = ''
  const running = () => {
    const child = launched?.child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  async function gone(): Promise<void> {
    await launched?.exited
    unguard()
  }

  async function untilReady(): Promise<void> {
    for (const deadline = Date.now() + readyMs; Date.now() < deadline; await sleep(20)) {
      if (!running()) throw new Error(`the server did not start:\n${node.output()}`)
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(1_000) })
        await answer.body?.cancel()
        if (answer.ok) return
      } catch {
        // Not yet.
      }
    }
    throw new Error(`the server was not ready after ${readyMs} ms:\n${node.output()}`)
  }

  const node: WorldNode & { end(): Promise<void> } = {
    name: 'server',
    pid: () => (running() ? launched?.child.pid : undefined),
    alive: running,
    async kill() {
      if (!running()) return
      launched?.child.kill('SIGKILL')
      await gone()
    },
    pause: () => void launched?.child.kill('SIGSTOP'),
    resume: () => void launched?.child.kill('SIGCONT'),
    async start() {
      if (running()) return
      earlier = node.output().slice(-20_000)
      launched = launch(directory, settings)
      unguard = guardProcess(launched.child.pid!)
      await untilReady()
    },
    output: () => earlier + (launched?.output() ?? ''),
    async end() {
      if (!running()) return
      launched?.child.kill('SIGTERM')
      const late = new AbortController()
      const ended = await Promise.race([gone().then(() => true), sleep(stopMs, false, { signal: late.signal })])
      late.abort()
      if (ended) return
      await node.kill()
      throw new Error(`the server did not stop in ${stopMs} ms:\n${node.output().slice(-4_000)}`)
    },
  }
  return node
}

/** Below the ports of outgoing connections: one of those could take it while the server is down, or connect to itself. */
async function freePort(): Promise<number> {
  for (let tried = 0; ; tried++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const probe = createServer().listen(port, '127.0.0.1')
    try {
      await once(probe, 'listening')
    } catch (error) {
      if (tried < 20) continue
      throw error
    }
    probe.close()
    await once(probe, 'close')
    return port
  }
}

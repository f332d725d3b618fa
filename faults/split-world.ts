/** The split shape on this machine: gateways and sinks around Kafka, a store and a query server of their own. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { answers } from '../infra/kafka/probe.ts'
import { startBrokers } from './brokers.ts'
import { freePort } from './ports.ts'
import type { UnexpectedExit } from './processes.ts'
import { createLink, type ProxyLink } from './proxy.ts'
import { answersWell, untilReady } from './readiness.ts'
import { createServers, type ServerKind } from './split-servers.ts'
import { startStore } from './store-node.ts'
import type { Disk, World } from './world.ts'

export type SplitOptions = {
  /** Of its own; removed by `stop`. */
  readonly directory: string
  readonly brokers: 1 | 3
  readonly gateways: number
  readonly sinks: number
  readonly partitions: number
  /** Names the topic. */
  readonly seed: number
  /** Sizes of disks that can be full and slow, MiB; what has none lies in `directory`. */
  readonly disks?: { readonly broker?: number; readonly store?: number }
  /** Settings of every server of ours, besides those that make the world. */
  readonly environment?: Readonly<Record<string, string>>
}
export type SplitWorld = World & {
  /** Nodes that ended without being killed, a broker whose disk was full apart. None is the only good answer. */
  readonly unexpectedExits: readonly UnexpectedExit[]
}

const healMs = 120_000

/** Resolves when everything is ready. Throws, and leaves nothing, when something is missing here or does not start. */
export async function startSplitWorld(options: SplitOptions): Promise<SplitWorld> {
  const { directory } = options
  const unexpectedExits: UnexpectedExit[] = []
  const onUnexpectedExit = (exit: UnexpectedExit) => void unexpectedExits.push(exit)
  /** What there is to undo, the last first. */
  const undo: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true, maxRetries: 5 })]

  async function stop(): Promise<void> {
    const failures: unknown[] = []
    for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }
  async function link(name: string, port: number): Promise<ProxyLink> {
    const target = { host: '127.0.0.1', port }
    const made = await createLink({ name, target, port: await freePort(), protocol: 'http' })
    undo.push(made.close)
    return made
  }

  async function start(): Promise<SplitWorld> {
    await mkdir(directory, { recursive: true })
    const brokers = await startBrokers({
      ...{ directory: join(directory, 'kafka'), brokers: options.brokers, onUnexpectedExit },
      diskMegabytes: options.disks?.broker,
    })
    undo.push(brokers.stop)
    const store = await startStore({ directory, diskMegabytes: options.disks?.store, onUnexpectedExit })
    undo.push(store.stop)
    const storeLink = await link('sinks-store', store.node.port)

    const settings = splitSettings(options, brokers.bootstrap)
    const servers = createServers({
      ...{ directory, onUnexpectedExit },
      // The link is for what must be exact; a question that fails is asked again.
      environment: (kind) => ({
        ...{ ...settings, ...store.user },
        STORE_URL: kind === 'sink' ? `http://127.0.0.1:${storeLink.port}` : store.node.url,
      }),
    })
    undo.push(servers.kill)
    const counts: Record<ServerKind, number> = { gateway: options.gateways, sink: options.sinks, query: 1 }
    const kinds = Object.entries(counts) as [ServerKind, number][]
    await Promise.all(kinds.map(([kind, count]) => servers.add(kind, count)))
    const clientLinks: ProxyLink[] = []
    for (const { name, port } of servers.nodes.gateway) clientLinks.push(await link(`clients-${name}`, port))

    const links = { client: clientLinks, broker: brokers.links, store: [storeLink] }
    const disks: readonly Disk[] = [...brokers.disks, ...store.disks]
    return {
      ...{ unexpectedExits, links, disks, stop, sql: store.sql, stepClock: servers.stepClock },
      frameUrls: clientLinks.map(({ port }) => `http://127.0.0.1:${port}`),
      questionUrl: `${servers.nodes.query[0]!.url}/graphql`,
      nodes: { server: [], ...servers.nodes, store: [store.node], broker: brokers.nodes },
      addSink: () => servers.add('sink', 1),
      removeSink: () => servers.remove('sink'),
      async heal() {
        for (const one of Object.values(links).flat()) one.open()
        for (const node of [...brokers.nodes, store.node, ...servers.all()]) node.resume()
        await Promise.all(disks.map((disk) => disk.free()))
        await Promise.all(servers.all().map(({ clock }) => clock.step(-clock.offsetMs())))
        // First what the servers need.
        await untilReady(
          [
            { node: store.node, ready: () => answersWell(`${store.node.url}/ping`) },
            ...brokers.nodes.map((node, i) => ({ node, ready: () => answers(brokers.ports[i]!) })),
          ],
          healMs,
        )
        await untilReady(
          servers.all().map((node) => ({ node, ready: () => answersWell(`${node.url}/readyz`) })),
          healMs,
        )
      },
    }
  }

  try {
    return await start()
  } catch (error) {
    await stop()
    throw error
  }
}

function splitSettings(options: SplitOptions, bootstrap: readonly string[]): Record<string, string> {
  return {
    ...{ LOG_LEVEL: 'info', LOG: 'kafka', ...options.environment },
    KAFKA_BROKERS: bootstrap.join(','),
    KAFKA_TOPIC: `frames-${options.seed}`,
    KAFKA_GROUP: 'sinks',
    KAFKA_PARTITIONS: String(options.partitions),
    KAFKA_REPLICATION: String(options.brokers),
    KAFKA_MIN_INSYNC: options.brokers === 3 ? '2' : '1',
  }
}

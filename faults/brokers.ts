/** Kafka as nodes of a world, with a link before each broker for everything that is not a broker. */
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { type KafkaBroker, type KafkaCluster, startKafka } from '../infra/kafka/launcher.ts'
import { createDisk, type SmallDisk } from './disk.ts'
import { freePort } from './ports.ts'
import type { UnexpectedExit } from './processes.ts'
import { createLink, type ProxyLink } from './proxy.ts'
import type { WorldNode } from './world.ts'

export type BrokerOptions = {
  readonly directory: string
  readonly brokers: 1 | 3
  /** Size of each broker's own disk; undefined: they lie in `directory`. */
  readonly diskMegabytes: number | undefined
  readonly onUnexpectedExit: (exit: UnexpectedExit) => void
}
export type Brokers = {
  readonly nodes: readonly WorldNode[]
  readonly links: readonly ProxyLink[]
  readonly disks: readonly SmallDisk[]
  /** Where each listens itself. */
  readonly ports: readonly number[]
  /** What clients connect to: the links. */
  readonly bootstrap: readonly string[]
  /** Kills them all and takes links and disks away. */
  stop(): Promise<void>
}

/** Resolves when all answer. Throws, and leaves nothing, when Java or Maven are missing or a broker does not start. */
export async function startBrokers(options: BrokerOptions): Promise<Brokers> {
  const { brokers: count, diskMegabytes } = options
  const links: ProxyLink[] = []
  const disks: SmallDisk[] = []
  let cluster: KafkaCluster | undefined
  async function stop(): Promise<void> {
    await Promise.all(cluster?.brokers.map((broker) => broker.kill()) ?? [])
    await Promise.all(links.map((link) => link.close()))
    await Promise.all(disks.map((disk) => disk.unmount()))
  }

  try {
    await mkdir(options.directory, { recursive: true })
    const ports: number[] = []
    for (let i = 0; i < count; i++) {
      const name = `broker-${i + 1}`
      const port = await freePort()
      ports.push(port)
      const target = { host: '127.0.0.1', port }
      links.push(await createLink({ name: `to-${name}`, target, port: await freePort(), protocol: 'kafka' }))
      if (diskMegabytes === undefined) continue
      const disk = await createDisk({ name, megabytes: diskMegabytes })
      disks.push(disk)
      await symlink(disk.path, join(options.directory, name))
    }
    cluster = await startKafka({
      directory: options.directory,
      brokers: count,
      ports,
      // What brokers tell clients; among themselves they use other ports.
      advertisedPorts: links.map(({ port }) => port),
      onExit({ id, code, signal, asked }) {
        // Kafka ends when it cannot write, and should.
        if (asked || disks[id - 1]?.wasFaulty()) return
        const output = cluster?.brokers[id - 1]?.output() ?? ''
        options.onUnexpectedExit({ node: `broker-${id}`, code, signal, starting: false, output })
      },
    })
  } catch (error) {
    await stop()
    throw error
  }
  const { brokers, bootstrap } = cluster
  return { nodes: brokers.map(asNode), ports: brokers.map(({ port }) => port), links, disks, bootstrap, stop }
}

function asNode(broker: KafkaBroker): WorldNode {
  let starting: Promise<void> | undefined
  return {
    name: `broker-${broker.id}`,
    pid: broker.pid,
    alive: broker.alive,
    kill: broker.kill,
    pause: broker.pause,
    resume: broker.resume,
    output: broker.output,
    async start() {
      if (starting === undefined && broker.alive()) return
      starting ??= broker.start().finally(() => {
        starting = undefined
      })
      await starting
    },
  }
}

/** Starts Kafka on this machine's loopback: one broker, or three of which one may be lost. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { packageFile } from '../../schema/files.ts'
import { type BrokerExit, createBroker, type KafkaBroker, logFile } from './broker.ts'
import { certificateIn } from './certificate.ts'
import { kafkaJars } from './jars.ts'
import { kafkaRequirements } from './java.ts'
import { freePorts } from './ports.ts'
import { brokerProperties, type ClusterPlan, type Security, saslUser } from './properties.ts'
import { clusterIdentity, formatStorage } from './storage.ts'

export type { BrokerExit, KafkaBroker } from './broker.ts'
export type { Security } from './properties.ts'

export type KafkaOptions = {
  /** Where everything is kept; made and formatted when new, used with its data when not. */
  readonly directory: string
  readonly brokers?: 1 | 3
  /** Ports for clients, one a broker; free ones by default. */
  readonly ports?: readonly number[]
  /** Ports that clients are told instead of those, for a proxy between them and the brokers. */
  readonly advertisedPorts?: readonly number[]
  /** Heap of each broker, MiB; by default 512 of one, 384 of three. */
  readonly heapMegabytes?: number
  /** Properties of the brokers besides ours, or instead of them. */
  readonly settings?: Readonly<Record<string, string>>
  /** How clients connect; plaintext by default. */
  readonly security?: Security
  /** Told each time that a broker ends, for whatever reason. */
  readonly onExit?: (exit: BrokerExit) => void
}

export type KafkaCluster = {
  /** `127.0.0.1:port` of each broker, as clients are told. */
  readonly bootstrap: readonly string[]
  /** Id 1 first. */
  readonly brokers: readonly KafkaBroker[]
  /** The certificate to trust (PEM), where there is TLS. */
  readonly ca: string | undefined
  /** Who to log in as (PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512), where there is SASL. */
  readonly sasl: { readonly username: string; readonly password: string } | undefined
  /** Stops all of them. */
  stop(): Promise<void>
}

const clusterStopMs = 10_000

/** Resolves when every broker answers. Throws when Java or Maven are missing, saying how to get them, and when a broker does not start. */
export async function startKafka(options: KafkaOptions): Promise<KafkaCluster> {
  const count = options.brokers ?? 1
  const directory = resolve(options.directory)
  const requirements = kafkaRequirements()
  if (!requirements.available) throw new Error(requirements.reason)
  const { java, maven } = requirements
  const jars = await kafkaJars(maven)
  const { clusterId } = await clusterIdentity(directory, count)
  const security = options.security ?? 'plaintext'
  const certificate = security.includes('tls') ? await certificateIn(directory, java) : undefined
  const plan = await planCluster(directory, count, security, certificate?.keystore, options)
  const heapMegabytes = options.heapMegabytes ?? (count === 1 ? 512 : 384)

  const brokers = await Promise.all(
    plan.brokers.map(async (broker) => {
      const folder = folderOf(directory, broker.id)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'server.properties'), brokerProperties(plan, broker))
      const common = ['-cp', jars.join(':'), ...loggingOptions(folder)]
      await formatStorage(folder, clusterId, java, [...shortRunOptions, ...common])
      return createBroker({
        id: broker.id,
        port: broker.port,
        folder,
        java,
        javaOptions: [...brokerOptions(heapMegabytes), ...common],
        ca: certificate?.ca,
        onExit: options.onExit,
      })
    }),
  )
  const stop = async () => {
    await Promise.all(brokers.map((broker) => broker.stop(clusterStopMs)))
  }
  try {
    // All at once: one alone has no majority to become ready with.
    await Promise.all(brokers.map((broker) => broker.start()))
  } catch (error) {
    await Promise.all(brokers.map((broker) => broker.kill()))
    throw error
  }
  return {
    bootstrap: plan.brokers.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`),
    brokers,
    ca: certificate?.ca,
    sasl: security.includes('sasl') ? saslUser : undefined,
    stop,
  }
}

async function planCluster(
  directory: string,
  count: number,
  security: Security,
  keystore: ClusterPlan['keystore'],
  { ports, advertisedPorts, settings }: KafkaOptions,
): Promise<ClusterPlan> {
  for (const [name, list] of Object.entries({ ports, advertisedPorts })) {
    if (list && list.length !== count) throw new Error(`${name} has ${list.length} ports for ${count} brokers`)
  }
  const free = await freePorts(3 * count)
  const brokers = Array.from({ length: count }, (_, i) => {
    const port = ports?.[i] ?? free[3 * i]!
    return {
      id: i + 1,
      port,
      advertisedPort: advertisedPorts?.[i] ?? port,
      internalPort: free[3 * i + 1]!,
      controllerPort: free[3 * i + 2]!,
      dataDirectory: join(folderOf(directory, i + 1), 'data'),
    }
  })
  return { brokers, security, keystore, settings: settings ?? {} }
}

const folderOf = (directory: string, id: number) => join(directory, `broker-${id}`)

/** For what runs a second: compile little. */
const shortRunOptions = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

function brokerOptions(heapMegabytes: number): string[] {
  return [
    `-Xmx${heapMegabytes}m`,
    // Of a heap this small a collection takes milliseconds, without G1's threads and memory.
    '-XX:+UseSerialGC',
    // A broker without memory does not limp on.
    '-XX:+ExitOnOutOfMemoryError',
    '-Djava.awt.headless=true',
  ]
}

function loggingOptions(folder: string): string[] {
  const settings = packageFile('infra/kafka/log4j2.xml')
  return [`-Dlog4j2.configurationFile=${settings}`, `-Dstepstream.log=${join(folder, logFile)}`]
}

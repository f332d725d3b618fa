/** Starts Kafka on this machine's loopback: one broker, or three of which one may be lost. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { packageFile } from '../../schema/files.ts'
import { type BrokerExit, createBroker, type KafkaBroker, lockFolder, logFile, propertiesFile } from './broker.ts'
import { certificateIn } from './certificate.ts'
import { classArchiveOptions } from './class-archive.ts'
import { kafkaFolder, kafkaJars } from './jars.ts'
import { kafkaRequirements } from './java.ts'
import { planCluster, type Security } from './plan.ts'
import { brokerProperties, saslUser } from './properties.ts'
import { stopTogether } from './stop.ts'
import { clusterIdentity, formatStorage } from './storage.ts'

export type { BrokerExit, KafkaBroker } from './broker.ts'
export type { Security } from './plan.ts'

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

/** Java and the options that every program of Kafka's needs. */
type Runtime = { readonly java: string; readonly options: readonly string[] }

/** Resolves when every broker answers. Throws when Java or Maven are missing, saying how to get them, and when a broker does not start. */
export async function startKafka(options: KafkaOptions): Promise<KafkaCluster> {
  const requirements = kafkaRequirements()
  if (!requirements.available) throw new Error(requirements.reason)
  const { java, javaVersion, maven } = requirements
  const classPath = (await kafkaJars(maven)).join(':')
  const runtime = (more: readonly string[]) => ({ java, options: [...javaOptions, ...more, '-cp', classPath] })
  const archive = await classArchiveOptions(kafkaFolder(), javaVersion, async (directory, more) => {
    const cluster = await startCluster({ directory }, runtime([]), runtime(more))
    await cluster.stop()
  })
  return startCluster(options, runtime(archive), runtime(archive))
}

async function startCluster(
  options: KafkaOptions,
  toolRuntime: Runtime,
  brokerRuntime: Runtime,
): Promise<KafkaCluster> {
  const directory = resolve(options.directory)
  await mkdir(directory, { recursive: true })
  // Held until each broker holds its own folder.
  const unlock = await lockFolder(directory)
  try {
    return await startLocked({ ...options, directory }, toolRuntime, brokerRuntime)
  } finally {
    await unlock()
  }
}

async function startLocked(options: KafkaOptions, toolRuntime: Runtime, brokerRuntime: Runtime): Promise<KafkaCluster> {
  const { directory, brokers: count = 1, security = 'plaintext' } = options
  const { clusterId } = await clusterIdentity(directory, count)
  const certificate = security.includes('tls') ? await certificateIn(directory, toolRuntime.java) : undefined
  const plan = await planCluster({ ...options, count, security, keystore: certificate?.keystore })
  const heap = `-Xmx${options.heapMegabytes ?? (count === 1 ? 512 : 384)}m`

  const brokers = await Promise.all(
    plan.brokers.map(async (broker) => {
      const { id, port, folder } = broker
      await mkdir(folder, { recursive: true })
      const properties = brokerProperties(plan, broker)
      await writeFile(join(folder, propertiesFile), properties)
      const { java, options: toolOptions } = toolRuntime
      await formatStorage(folder, clusterId, java, [...toolOptions, ...loggingOptions(folder)])
      return createBroker({
        id,
        port,
        folder,
        properties,
        java,
        javaOptions: [heap, ...brokerOptions, ...brokerRuntime.options, ...loggingOptions(folder)],
        ca: certificate?.ca,
        onExit: options.onExit,
      })
    }),
  )
  // All at once: one alone has no majority to become ready with.
  const starts = brokers.map((broker) => broker.start())
  try {
    await Promise.all(starts)
  } catch (error) {
    await Promise.all(brokers.map((broker) => broker.kill()))
    await Promise.allSettled(starts)
    throw error
  }
  return {
    bootstrap: plan.brokers.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`),
    brokers,
    ca: certificate?.ca,
    sasl: security.includes('sasl') ? saslUser : undefined,
    stop: () => stopTogether(brokers),
  }
}

/** Of every program of Kafka's. */
const javaOptions = [
  '-XX:+UseSerialGC',
  // What a broker does with records is mostly the kernel's work and that of built-in checksums: what the second compiler costs comes back only after minutes.
  '-XX:TieredStopAtLevel=1',
]

const brokerOptions = [
  // Without it a young broker runs an eighth of its time in the interpreter. A tool, which ends after a second, pays for it and has nothing of it.
  '-XX:CompileThresholdScaling=0.1',
  // A broker without memory does not limp on.
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.awt.headless=true',
]

function loggingOptions(folder: string): string[] {
  const settings = packageFile('infra/kafka/log4j2.xml')
  return [`-Dlog4j2.configurationFile=${settings}`, `-Dstepstream.log=${join(folder, logFile)}`]
}

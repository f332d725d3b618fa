/** `npm run kafka`: Kafka for a developer's machine, until Ctrl-C. */
import { parseArgs } from 'node:util'
import { refreshChecksums } from './jars.ts'
import { kafkaRequirements } from './java.ts'
import { type KafkaCluster, startKafka } from './launcher.ts'

const usage = 'npm run kafka -- [--brokers 1|3] [--port 9092] [--directory ./data/kafka] [--refresh-checksums]'

class Usage extends Error {}

function readArguments() {
  const { values } = parseArgs({
    options: {
      brokers: { type: 'string', default: '1' },
      port: { type: 'string', default: '9092' },
      directory: { type: 'string', default: './data/kafka' },
      'refresh-checksums': { type: 'boolean', default: false },
    },
  })
  const brokers = Number(values.brokers)
  if (brokers !== 1 && brokers !== 3) throw new Usage(`--brokers is 1 or 3, not ${values.brokers}`)
  const port = Number(values.port)
  const last = 65_535 - brokers + 1
  if (!/^\d+$/.test(values.port) || port < 1 || port > last) {
    throw new Usage(`--port is an integer from 1 to ${last}, not ${values.port}`)
  }
  return { brokers, port, directory: values.directory, refresh: values['refresh-checksums'] } as const
}

async function run(): Promise<void> {
  const { brokers, port, directory, refresh } = readArguments()
  if (refresh) return refreshList()
  // What comes while the brokers start is heard when they have.
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve)
  })
  let running: number = brokers
  let lost = () => {}
  const allLost = new Promise<void>((resolve) => {
    lost = resolve
  })
  const cluster = await startKafka({
    brokers,
    directory,
    ports: Array.from({ length: brokers }, (_, i) => port + i),
    onExit: ({ id, code, signal, asked }) => {
      if (--running === 0) lost()
      if (asked) return
      console.error(
        `broker ${id} ended unasked (${signal ?? `exit code ${code}`}); its log is in ${directory}/broker-${id}`,
      )
      process.exitCode = 1
    },
  })
  announce(cluster)
  await Promise.race([stopped, allLost])
  await cluster.stop()
}

function announce({ bootstrap, brokers }: KafkaCluster): void {
  const pids = brokers.map((broker) => broker.pid())
  console.log(JSON.stringify({ time: new Date().toISOString(), bootstrap, pids, msg: 'ready' }))
  console.log(`Kafka is ready. Point Stepstream at it with KAFKA_BROKERS=${bootstrap.join(',')}; Ctrl-C stops it.`)
}

async function refreshList(): Promise<void> {
  const requirements = kafkaRequirements()
  if (!requirements.available) throw new Error(requirements.reason)
  if (requirements.maven === undefined) throw new Error('there is no mvn on PATH')
  await refreshChecksums(requirements.maven)
  console.log('infra/kafka/checksums.sha256 is written; look at what changed before it is committed')
}

try {
  await run()
} catch (error) {
  const known = error instanceof Usage || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
  console.error(known ? `${(error as Error).message}\n${usage}` : error)
  process.exitCode = known ? 2 : 1
}

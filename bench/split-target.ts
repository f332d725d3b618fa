import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startKafka } from '../infra/kafka/launcher.ts'
import { freePorts } from '../infra/kafka/ports.ts'
import { onExit } from './cleanup.ts'
import { accountOf, type Process, type ServerPlan, startProcess } from './process.ts'
import { type Place, profileOf, type StartOptions, storeDirectory, type Target, targetOf } from './target.ts'

type SplitRole = 'store' | 'sink' | 'query' | 'gateway'

/** One broker of Kafka, the store, one sink, one query server and one gateway, each a process of its own. */
export async function startSplit(place: Place, partitions: number, options: StartOptions): Promise<Target> {
  const kafka = await startKafka({ directory: join(place.data, 'kafka') })
  const brokerPid = kafka.brokers[0]?.pid() as number
  onExit(() => {
    if (kafka.brokers[0]?.alive()) process.kill(brokerPid, 'SIGKILL')
  })
  const [store, sink, query, gateway] = (await freePorts(4)) as [number, number, number, number]
  const url = (port: number) => `http://127.0.0.1:${port}`
  const log = { LOG: 'kafka', KAFKA_BROKERS: kafka.bootstrap.join(','), KAFKA_PARTITIONS: String(partitions) }
  const stored = { ...log, STORE_URL: url(store) }

  function start(role: SplitRole, port: number, plan: Pick<ServerPlan, 'environment' | 'readyPath'>) {
    const dataDirectory = role === 'store' ? storeDirectory(place, 'kafka') : join(place.data, role)
    mkdirSync(dataDirectory, { recursive: true })
    const isStore = role === 'store'
    return startProcess({
      ...{ role, port, logDirectory: place.directory, profileDirectory: profileOf(options, role) },
      ...(isStore ? { program: 'dist/infra/store/main.cjs' } : { program: 'dist/server/main.cjs', arguments: [role] }),
      ...plan,
      environment: { ...plan.environment, DATA_DIR: dataDirectory, API_KEY: options.apiKey ?? '' },
    })
  }

  const storeProcess = await start('store', store, { environment: {}, readyPath: '/ping' })
  const sinkProcess = await start('sink', sink, { environment: stored })
  const [queryProcess, gatewayProcess] = await Promise.all([
    start('query', query, { environment: stored }),
    start('gateway', gateway, { environment: log }),
  ])
  const broker: Process = { role: 'broker', ...accountOf(brokerPid), stop: () => kafka.stop() }
  return targetOf([gatewayProcess, sinkProcess, queryProcess, storeProcess, broker], url(gateway), url(query))
}

import { type KafkaReader, openKafkaReader } from '../ingest/log/kafka/kafka.ts'
import type { SinkGroup } from '../ingest/sink/group.ts'
import { claimSource } from '../ingest/sink/source.ts'
import type { Store } from '../ingest/store/store.ts'
import { createBase } from './parts/base.ts'
import { createDoors } from './parts/doors.ts'
import { kafkaOptions } from './parts/log.ts'
import { type RunningServer, runningServer } from './parts/running.ts'
import { startSinks } from './parts/sinks.ts'
import { openStoreOf } from './parts/store.ts'
import type { Settings } from './settings.ts'

/** From the log in Kafka into a store that others read. As many of these as the log has partitions work at once; more stand by. */
export async function startSink(settings: Settings): Promise<RunningServer> {
  const base = createBase(settings)
  const { readiness, stopping, logger } = base
  let store: Store | undefined
  let log: KafkaReader | undefined
  let sinks: SinkGroup | undefined

  readiness.require('store', () => 'it has not answered yet')
  readiness.require('log', () => (log ? undefined : 'Kafka has not answered yet'))
  const doors = createDoors(base, '/readyz')
  const port = await doors.open()

  async function start(): Promise<void> {
    store = await openStoreOf(base, true)
    stopping.signal.throwIfAborted()
    const reader = await openKafkaReader(await kafkaOptions(base))
    log = reader
    stopping.signal.throwIfAborted()
    await claimSource(store, reader, { logger, signal: stopping.signal })
    sinks = await startSinks(base, reader, store, { announce: true })
    readiness.require('log', () =>
      reader.healthy() ? undefined : 'Kafka does not answer, or gives out the partitions',
    )
    logger.info({ port, partitions: reader.partitions }, 'ready')
  }
  const ready = start()

  return runningServer(base, doors, port, ready, {
    work: [['sink', () => sinks?.stop()]],
    ground: [
      ['log', () => log?.close()],
      ['store', () => store?.close()],
    ],
  })
}

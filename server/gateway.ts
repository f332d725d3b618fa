import { type KafkaWriter, openKafkaWriter } from '../ingest/log/kafka/kafka.ts'
import { spoilWriter } from './canary.ts'
import { createBase } from './parts/base.ts'
import { createDoors } from './parts/doors.ts'
import { addFramesDoors } from './parts/frames.ts'
import { createLateWriter } from './parts/late.ts'
import { kafkaOptions } from './parts/log.ts'
import { type RunningServer, runningServer } from './parts/running.ts'
import type { Settings } from './settings.ts'

/** Frames into the log in Kafka. As many of these as there are frames for; they know nothing of each other. */
export async function startGateway(settings: Settings): Promise<RunningServer> {
  const base = createBase(settings)
  const late = createLateWriter(settings.KAFKA_PARTITIONS)
  let log: KafkaWriter | undefined

  base.readiness.require('log', () => {
    if (!log) return 'Kafka has not answered yet'
    return log.healthy() ? undefined : 'Kafka has not acknowledged for some seconds'
  })
  const doors = createDoors(base, '/readyz')
  const endFrames = addFramesDoors(base, doors, late.part)
  const port = await doors.open()

  async function start(): Promise<void> {
    const writer = await openKafkaWriter(await kafkaOptions(base))
    log = writer
    late.arrive(spoilWriter(base.canary, writer))
    base.logger.info({ port }, 'ready')
  }
  const ready = start()

  return runningServer(base, doors, port, ready, { work: endFrames, ground: [['log', () => log?.close()]] })
}

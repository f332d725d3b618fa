import { type KafkaPositions, openKafkaPositions, wallClockMs } from '../ingest/log/kafka/kafka.ts'
import type { Store } from '../ingest/store/store.ts'
import { createBase } from './parts/base.ts'
import { createDoors } from './parts/doors.ts'
import { addExportDoor } from './parts/exports.ts'
import { createLateReader, createLateStreamer, createLateWatermark } from './parts/late.ts'
import { kafkaOptions } from './parts/log.ts'
import { addQuestionsDoor } from './parts/questions.ts'
import { type RunningServer, runningServer } from './parts/running.ts'
import { openStoreOf } from './parts/store.ts'
import { createPositionsWatermark } from './positions-watermark.ts'
import type { Settings } from './settings.ts'

/** Questions to a store that others fill. As many of these as there are questions for; they know nothing of each other. */
export async function startQuery(settings: Settings): Promise<RunningServer> {
  const base = createBase(settings)
  const { readiness, logger } = base
  const lateReader = createLateReader()
  const lateStreamer = createLateStreamer()
  const lateWatermark = createLateWatermark()
  let store: Store | undefined
  let positions: KafkaPositions | undefined

  readiness.require('store', () => 'it has not answered yet')
  readiness.require('log', () => 'Kafka has not answered yet')
  const doors = createDoors(base, '/graphql')
  const endQuestions = addQuestionsDoor(base, doors, lateReader.part, lateWatermark.part)
  addExportDoor(base, doors, lateReader.part, lateStreamer.part, lateWatermark.part)
  const port = await doors.open()

  async function openStore(): Promise<void> {
    store = await openStoreOf(base, false)
    lateReader.arrive(store.reader)
    lateStreamer.arrive(store.streamer)
  }

  async function openLog(): Promise<void> {
    positions = await openKafkaPositions(await kafkaOptions(base))
    const watermark = createPositionsWatermark(positions, { now: wallClockMs })
    lateWatermark.arrive(watermark)
    readiness.require('log', () => watermark.trouble())
  }

  const ready = Promise.all([openStore(), openLog()]).then(() => logger.info({ port }, 'ready'))

  return runningServer(base, doors, port, ready, {
    work: endQuestions,
    ground: [
      ['log', () => positions?.close()],
      ['store', () => store?.close()],
    ],
  })
}

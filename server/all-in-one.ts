import { mkdir } from 'node:fs/promises'
import { wallClockMs } from '../ingest/log/kafka/clock.ts'
import type { LogReader, LogWriter } from '../ingest/log/log.ts'
import { claimSource } from '../ingest/sink/source.ts'
import { createWatermark, type SinkPositions } from '../ingest/sink/watermark.ts'
import type { Store } from '../ingest/store/store.ts'
import { createLateWrites, lateWritesMemory } from '../schema/late-writes.ts'
import type { Progress, Watermark } from '../schema/store.ts'
import { spoilWriter } from './canary.ts'
import { type Base, createBase } from './parts/base.ts'
import { createDoors } from './parts/doors.ts'
import { addExportDoor } from './parts/exports.ts'
import { addFramesDoors } from './parts/frames.ts'
import { createLateReader, createLateStreamer, createLateWatermark, createLateWriter } from './parts/late.ts'
import { kafkaOptions, openOwnLog } from './parts/log.ts'
import { addQuestionsDoor } from './parts/questions.ts'
import { type RunningServer, runningServer } from './parts/running.ts'
import { openStoreOf } from './parts/store.ts'
import { createPositionsWatermark } from './positions-watermark.ts'
import type { Settings } from './settings.ts'
import { launchSinkThread } from './sink-thread/sink-thread.ts'

/** Every stage in one process: with the embedded log and store unless the settings name others. Start and stop are each one ordered list. */
export async function startAllInOne(settings: Settings): Promise<RunningServer> {
  const base = createBase(settings)
  const { logger, readiness, stopping } = base
  const writer = createLateWriter(settings.LOG === 'kafka' ? settings.KAFKA_PARTITIONS : 1)
  const reader = createLateReader()
  const streamer = createLateStreamer()
  const watermark = createLateWatermark()
  let log: OpenLog | undefined
  let store: Store | undefined

  // Health answers while Kafka is away or a long replay is under way; who comes too early is told so.
  readiness.require('running', () => 'it is starting')
  const doors = createDoors(base, '/graphql')
  const endFrames = addFramesDoors(base, doors, writer.part)
  // Into a store on a server others may write as well.
  const lateMemory = settings.STORE_URL === undefined ? lateWritesMemory() : undefined
  const lateWrites = lateMemory && createLateWrites(lateMemory)
  const endQuestions = addQuestionsDoor(base, doors, reader.part, watermark.part, lateWrites)
  addExportDoor(base, doors, reader.part, streamer.part, watermark.part)
  const sinks = launchSinkThread(base, lateMemory)
  const port = await doors.open()

  async function start(): Promise<void> {
    await mkdir(settings.DATA_DIR, { recursive: true })
    log = settings.LOG === 'kafka' ? await openKafka(base) : await openEmbedded(base)
    stopping.signal.throwIfAborted()
    store = await openStoreOf(base, true)
    stopping.signal.throwIfAborted()
    await claimSource(store, log.writer, { logger, signal: stopping.signal })
    writer.arrive(log.writer)
    await sinks.start({ log: log.reader, lanes: store.lanes })
    // Alone on its log, it has nobody to leave a broken partition to.
    if (settings.LOG === 'embedded') for (const fault of sinks.faults().values()) throw fault
    watermark.arrive(log.watermark(sinks.positions))
    reader.arrive(store.reader)
    streamer.arrive(store.streamer)
    readiness.require('running', () => undefined)
    logger.info(
      { port, dataDir: settings.DATA_DIR, log: settings.LOG, store: settings.STORE_URL ?? 'embedded' },
      'ready',
    )
  }
  const ready = start()

  return runningServer(base, doors, port, ready, {
    work: [...endFrames, ...endQuestions, ['sink', () => sinks.stop()]],
    ground: [
      ['log', () => log?.close()],
      ['store', () => store?.close()],
    ],
  })
}

/** The log's sides as this process uses them, whichever log it is. */
type OpenLog = {
  readonly writer: LogWriter
  /** Absent: the sinks open it for themselves. */
  readonly reader?: LogReader
  watermark(sinks: SinkPositions): Watermark & Progress
  close(): Promise<unknown>
}

async function openEmbedded(base: Base): Promise<OpenLog> {
  const log = await openOwnLog(base)
  return {
    writer: spoilWriter(base.canary, log),
    reader: log,
    watermark: (sinks) => createWatermark(log, sinks),
    close: () => log.close(),
  }
}

/** Its client is loaded only now: some megabytes that most processes of this kind have no use for. */
async function openKafka(base: Base): Promise<OpenLog> {
  const { openKafkaPositions, openKafkaWriter } = await import('../ingest/log/kafka/kafka.ts')
  const options = await kafkaOptions(base)
  const [writer, positions] = [await openKafkaWriter(options), await openKafkaPositions(options)]
  base.readiness.require('log', () => (writer.healthy() ? undefined : 'Kafka has not acknowledged for some seconds'))
  return {
    writer: spoilWriter(base.canary, writer),
    // Another process may have some of the partitions.
    watermark: () => createPositionsWatermark(positions, { now: wallClockMs }),
    close: () => Promise.all([writer.close(), positions.close()]),
  }
}

import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { parentPort, workerData } from 'node:worker_threads'
import type { KafkaReader } from '../../ingest/log/kafka/kafka.ts'
import { type LogReader, PartitionLost } from '../../ingest/log/log.ts'
import type { SinkGroup } from '../../ingest/sink/group.ts'
import { createSinkStore, type SinkStore } from '../../ingest/store/lanes.ts'
import type { Question } from '../../ingest/store/reader.ts'
import { createLateWrites } from '../../schema/late-writes.ts'
import { spoilStore } from '../canary.ts'
import { createThreadBase } from '../parts/base.ts'
import { kafkaOptions } from '../parts/log.ts'
import { startSinks } from '../parts/sinks.ts'
import { openStoreOf, storeLimits } from '../parts/store.ts'
import { errorToSend, openChannel } from './channel.ts'
import type { AskLane, MainSide, Status, ThreadData, ThreadSide } from './contract.ts'
import { createLogOfMain, type LogOfMain } from './log.ts'

const { settings, lateWrites } = workerData as ThreadData
const base = createThreadBase(settings)
let store: SinkStore | undefined
let ownLog: LogOfMain | undefined
let kafka: KafkaReader | undefined
let sinks: SinkGroup | undefined

const main = openChannel<MainSide, ThreadSide>(parentPort!, {
  async start(log) {
    store = settings.STORE_URL === undefined ? openStoreOfMain() : await openStoreOf(base, false)
    const reader = log ? openLogOfMain(log) : await openKafka()
    base.stopping.signal.throwIfAborted()
    sinks = await startSinks(base, reader, store, {
      announce: log === undefined,
      lateWrites: lateWrites && createLateWrites(lateWrites),
    })
    sinks.follow(tell)
    tell()
  },
  async reached(partition, offset, summaries) {
    const sink = sinks?.serving().get(partition)
    if (!sink) throw new PartitionLost(`partition ${partition} of the log is not being stored at the moment`)
    await sink.reached(offset, summaries)
  },
  metrics(end) {
    ownLog?.endIs(end)
    return base.metrics.text()
  },
  abort: () => base.stopping.abort(),
  async stop() {
    await sinks?.stop()
    await kafka?.close()
    await store?.close()
    base.logger.flush()
  },
})

base.metrics.gauge('stepstream_sink_thread_heap_bytes', 'V8 heap of the thread of the sinks, in use.', () => {
  return getHeapStatistics().used_heap_size
})
let lastUse = performance.eventLoopUtilization()
base.metrics.gauge(
  'stepstream_sink_thread_busy_ratio',
  'Share of the time since it was last asked in which the thread of the sinks was busy.',
  () => {
    const now = performance.eventLoopUtilization()
    const since = performance.eventLoopUtilization(now, lastUse)
    lastUse = now
    return since.utilization
  },
)

function openStoreOfMain(): SinkStore {
  const ask = (lane: AskLane) => (question: Question) => main.ask(lane, { ...question, signal: undefined })
  const lanes = {
    insert: (sql: string) => main.insert(sql),
    lookUp: ask('lookUp'),
    background: { ask: ask('background'), command: main.command },
  }
  return spoilStore(base.canary, createSinkStore(lanes, storeLimits(base)))
}

function openLogOfMain({ id, partitions }: { id: string; partitions: number }): LogReader {
  ownLog = createLogOfMain(main, id, partitions)
  return ownLog
}

async function openKafka(): Promise<LogReader> {
  const { openKafkaReader } = await import('../../ingest/log/kafka/kafka.ts')
  kafka = await openKafkaReader(await kafkaOptions(base))
  return kafka
}

function tell(): void {
  const serving = [...sinks!.serving()]
  const status: Status = {
    served: serving.map(([partition, sink]) => ({
      partition,
      stored: sink.storedOffset(),
      flushed: sink.flushedOffset(),
      newestMs: sink.newestStoredMs(),
    })),
    faults: [...sinks!.faults()].map(([partition, error]) => ({ partition, error: errorToSend(error) })),
  }
  void main.tell.asEvent(status)
}

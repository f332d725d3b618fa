import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { LogPartition, LogReader } from '../../ingest/log/log.ts'
import type { SinkPosition, SinkPositions } from '../../ingest/sink/watermark.ts'
import type { StoreLanes } from '../../ingest/store/contract.ts'
import { createFollowers } from '../../schema/followers.ts'
import type { Base } from '../parts/base.ts'
import { requireSinks } from '../parts/sinks.ts'
import { errorSent, handOver, openChannel } from './channel.ts'
import type { MainSide, Served, ThreadData, ThreadSide } from './contract.ts'
import { serveLog } from './log.ts'

/** The sinks of a process that also serves clients, in a thread of their own: what they are busy with holds up no acknowledgement and no question. */
export type SinkThread = {
  /** Begins to read. `log`: the embedded one; `lanes`: of the embedded engine. Without them the thread opens Kafka or the server that the settings name. */
  start(parts: { readonly log?: LogReader | undefined; readonly lanes?: StoreLanes | undefined }): Promise<void>
  /** Of the embedded log. */
  readonly positions: SinkPositions
  /** Partitions at hand that cannot be served at the moment, each with its reason; they are tried again. */
  faults(): ReadonlyMap<number, Error>
  stop(): Promise<void>
}

const MiB = 1024 * 1024

/** Its modules are loaded while the caller opens the log and the store. */
export function launchSinkThread(base: Base, lateWrites: SharedArrayBuffer | undefined): SinkThread {
  const { settings, metrics, readiness, stopping } = base
  let serving: ReadonlyMap<number, SinkPosition> = new Map()
  let faults: ReadonlyMap<number, Error> = new Map()
  let stopped = false
  let partition: LogPartition | undefined
  const followers = createFollowers()
  const ours: Partial<MainSide> = {
    tell(status) {
      serving = new Map(status.served.map((served) => [served.partition, positionOf(served)]))
      faults = new Map(status.faults.map((fault) => [fault.partition, errorSent(fault.error) as Error]))
      followers.tell()
    },
  }
  const workerData: ThreadData = { settings, lateWrites }
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    workerData,
    // As much as the process may have, not a part of it.
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(getHeapStatistics().heap_size_limit / MiB) },
  })
  // A fault of the sinks' code ends the process, as one of any other code does.
  worker.on('error', (error) => {
    throw error
  })
  worker.on('exit', (code) => {
    if (!stopped) throw new Error(`the thread of the sinks ended by itself, with ${code}`)
  })
  const thread = openChannel<ThreadSide, Partial<MainSide>>(worker, ours)
  stopping.signal.addEventListener('abort', () => void thread.abort.asEvent(), { once: true })
  const end = () => partition?.end() ?? 0
  metrics.include(() => (stopped ? Promise.resolve('') : thread.metrics(end())))
  requireSinks(readiness, () => faults)

  function positionOf({ partition: number, stored, flushed, newestMs }: Served): SinkPosition {
    return {
      storedOffset: () => stored,
      flushedOffset: () => flushed,
      newestStoredMs: () => newestMs,
      endOffset: end,
      reached: (offset, summaries) => thread.reached(number, offset, summaries),
    }
  }

  return {
    async start({ log, lanes }) {
      if (lanes) Object.assign(ours, serveLanes(lanes))
      await log?.subscribe({
        assigned(own) {
          partition = own
          Object.assign(ours, serveLog(own))
        },
        lost() {},
      })
      await thread.start(log && { id: log.id, partitions: log.partitions })
    },
    positions: { serving: () => serving, follow: followers.follow },
    faults: () => faults,
    async stop() {
      await thread.stop()
      stopped = true
      await worker.terminate()
    },
  }
}

function serveLanes({ insert, lookUp, background }: StoreLanes): Pick<MainSide, 'ask' | 'insert' | 'command'> {
  return {
    async ask(lane, question) {
      const bytes = await (lane === 'lookUp' ? lookUp(question) : background.ask(question))
      const { buffer, byteLength } = bytes
      const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
      return isWhole ? handOver(bytes, [buffer]) : new Uint8Array(bytes)
    },
    insert,
    command: background.command,
  }
}

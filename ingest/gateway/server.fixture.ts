/**
 * The gateway as a process of its own, for benchmarks: the WebSocket door over a log that forgets or over the embedded log, without sink and
 * store. It says `{port}` once it listens, and answers every message with what it has used and logged so far.
 *
 *     node server.fixture.js forgetful|embedded [directory]
 */
import { createHttpServer } from '../../http/server.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { openEmbeddedLog } from '../log/embedded.ts'
import type { LogWriter } from '../log/log.ts'
import { readRecord } from '../record/reader.ts'
import type { MetricSet } from '../record/record.ts'
import { createGateway, describeError, errorAnswer } from './gateway.ts'
import { createStreamDoor } from './stream.ts'

export type Usage = {
  readonly cpuSeconds: number
  readonly userSeconds: number
  readonly residentBytes: number
  readonly heapBytes: number
  readonly records: number
  readonly recordBytes: number
  /** Only what a server that checks has read back. */
  readonly frames: number
  readonly points: number
}

const used = { records: 0, recordBytes: 0, frames: 0, points: 0 }
const [kind, directory = '', checks] = process.argv.slice(2)
const sets = new Map<string, MetricSet>()

function intern(key: string, names: () => string[]): MetricSet {
  const known = sets.get(key) ?? { names: names() }
  sets.set(key, known)
  return known
}

function count(payload: Uint8Array): void {
  used.records++
  used.recordBytes += payload.length
  if (checks === undefined) return
  for (const frame of readRecord(payload, intern)) {
    used.frames++
    for (const block of frame.blocks) used.points += block.count * block.set.names.length
  }
}

function forgetful(): LogWriter {
  let offset = 0
  return {
    id: 'forgetful',
    partitions: 1,
    append(_partition, payload) {
      count(payload)
      // A log takes its time: what arrives meanwhile is the next record.
      return new Promise((resolve) => setTimeout(() => resolve(offset++), 1))
    },
  }
}

async function embedded(): Promise<LogWriter> {
  const log = await openEmbeddedLog({ directory, maximumBytes: 16 * 2 ** 30, logger })
  return {
    ...log,
    append(partition, payload) {
      count(payload)
      return log.append(partition, payload)
    },
  }
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    cpuSeconds: (user + system) / 1e6,
    userSeconds: user / 1e6,
    residentBytes: rss,
    heapBytes: heapUsed,
    ...used,
  }
}

const logger = createLogger('warn')
const log = kind === 'embedded' ? await embedded() : forgetful()
const gateway = createGateway(log, new Metrics(), logger)
const door = createStreamDoor(gateway, { messageTimeoutMs: 40_000, lifetimeMinutes: 239, admit() {} })
const server = createHttpServer({ onError: (error) => errorAnswer(describeError(error, gateway.counts, logger)) })
server.socket('/v1/stream', door)
const port = await server.listen('0.0.0.0', 0)
process.on('message', (what) => {
  if (what === 'collect') globalThis.gc?.()
  process.send?.(usage())
})
process.on('disconnect', () => process.exit(0))
process.on('SIGTERM', () => process.exit(0))
process.send?.({ port })

import type { HttpAnswer } from '../../http/exchange.ts'
import { type ErrorCode, errors, Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Count, Metrics } from '../../telemetry/metrics.ts'
import type { LogWriter } from '../log/log.ts'
import { type Batcher, createBatcher } from './batcher.ts'
import { createDeadlines } from './deadlines.ts'
import type { Frame } from './frame.ts'
import { admitSet, createNameRegistry, type NameRegistry } from './names.ts'

/** What both doors, HTTP and WebSocket, share: names, admission, the batcher, counters. */
export type Gateway = {
  readonly names: NameRegistry
  readonly batcher: Batcher
  readonly counts: GatewayCounts
  readonly now: () => number
  readonly logger: Logger
  /** @throws Refusal when a decoded frame may not go on */
  admit(frame: Frame): void
  /** As `admit`, of frames that go on together or not at all. */
  admitAll(frames: readonly Frame[]): void
  /** Takes no more frames; resolves when those taken are durable or refused. */
  drain(): Promise<void>
  draining(): boolean
}

export type RefusalCounts = Readonly<Record<ErrorCode, Count>>

export type GatewayCounts = {
  readonly frames: Record<'http' | 'websocket', Count>
  readonly points: Count
  readonly bytes: Count
  readonly refusals: RefusalCounts
  readonly connections: Count
}

export type GatewayOptions = {
  /** The time of day, ms. */
  readonly now?: () => number
  /** Longest wait for the log; then the outcome is called unknown. */
  readonly ackTimeoutMs?: number
  readonly refusals?: RefusalCounts
}

export function createGateway(log: LogWriter, metrics: Metrics, logger: Logger, options: GatewayOptions = {}): Gateway {
  const { now = Date.now, ackTimeoutMs = 30_000 } = options
  const counts = createCounts(metrics, options.refusals ?? createRefusalCounts(metrics))
  const observeAppend = metrics.duration('stepstream_log_append_seconds', 'Time to make one record durable.')
  const observeRecordFrames = metrics.size('stepstream_log_record_frames', 'Frames of one record.')
  const observeRecordBytes = metrics.size('stepstream_log_record_bytes', 'Bytes of one record.')
  const batcher = createBatcher(log, {
    onAppend(frames, points, bytes, seconds) {
      counts.points.value += points
      observeAppend(seconds)
      observeRecordFrames(frames)
      observeRecordBytes(bytes)
    },
    onAck: metrics.duration('stepstream_ack_seconds', 'From a decoded frame to its acknowledgement.'),
  })
  const deadlines = createDeadlines(ackTimeoutMs)
  deadlines.add(batcher)
  metrics.gauge('stepstream_gateway_pending_bytes', 'Bytes taken and not yet durable.', () => batcher.pendingBytes())
  metrics.gauge('stepstream_gateway_connections', 'Open WebSocket connections.', () => counts.connections.value)
  let draining = false

  function check(frame: Frame): void {
    const size = frame.loggedBytes
    if (size > limits.frameLoggedBytes) {
      throw new Refusal(
        'frame_too_large',
        `the frame with its metric names has ${size} bytes; the limit is ${limits.frameLoggedBytes}`,
      )
    }
    for (let i = 0; i < frame.blocks.length; i++) admitSet(frame.run, frame.blocks[i]!.set)
  }

  function checkRoom(bytes: number): void {
    if (batcher.pendingBytes() + bytes > limits.totalBytesInFlight) throw new Refusal('overloaded')
  }

  return {
    names: createNameRegistry(log.partitions),
    batcher,
    counts,
    now,
    logger,
    admit(frame) {
      if (draining) throw new Refusal('shutting_down')
      check(frame)
      checkRoom(frame.loggedBytes)
    },
    admitAll(frames) {
      if (draining) throw new Refusal('shutting_down')
      for (const frame of frames) check(frame)
      checkRoom(frames.reduce((bytes, frame) => bytes + frame.loggedBytes, 0))
    },
    drain() {
      draining = true
      return batcher.drained().then(deadlines.stop)
    },
    draining: () => draining,
  }
}

export function createRefusalCounts(metrics: Metrics): RefusalCounts {
  const codes = Object.keys(errors) as ErrorCode[]
  return metrics.counters('stepstream_refusals_total', 'Requests and frames refused, by error code.', 'code', codes)
}

function createCounts(metrics: Metrics, refusals: RefusalCounts): GatewayCounts {
  return {
    frames: metrics.counters('stepstream_frames_total', 'Frames received, by door.', 'door', ['http', 'websocket']),
    points: metrics.counter('stepstream_points_total', 'Points made durable in the log.'),
    bytes: metrics.counter('stepstream_received_bytes_total', 'Bytes of frames received.'),
    refusals,
    connections: { value: 0 },
  }
}

/** The public form of an error; faults of ours are logged once, here, and go out without details. */
export function describeError(error: unknown, counts: { readonly refusals: RefusalCounts }, logger: Logger): Refusal {
  const refusal = error instanceof Refusal ? error : new Refusal('internal', undefined, error)
  if (refusal.code === 'internal') logger.error({ err: error }, 'fault while handling a request')
  counts.refusals[refusal.code].value++
  return refusal
}

export function errorBody(refusal: Refusal): { code: ErrorCode; message: string; retryable: boolean } {
  return { code: refusal.code, message: refusal.message, retryable: refusal.retryable }
}

export function errorAnswer(refusal: Refusal): HttpAnswer {
  return {
    status: refusal.status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: errorBody(refusal) }),
    closeConnection: refusal.code === 'frame_too_large' || refusal.code === 'request_timeout',
  }
}

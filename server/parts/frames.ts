import { handleFrames } from '../../ingest/gateway/frames-route.ts'
import { createGateway } from '../../ingest/gateway/gateway.ts'
import { createStreamDoor } from '../../ingest/gateway/stream.ts'
import { wallClockMs } from '../../ingest/log/kafka/clock.ts'
import type { LogWriter } from '../../ingest/log/log.ts'
import { limits } from '../../schema/limits.ts'
import type { Base } from './base.ts'
import type { Doors } from './doors.ts'
import type { Step } from './running.ts'

/** The two doors for frames. @returns the steps of its end */
export function addFramesDoors({ settings, metrics, logger }: Base, doors: Doors, log: LogWriter): Step[] {
  const gateway = createGateway(log, metrics, logger, {
    now: wallClockMs,
    ackTimeoutMs: settings.ACK_TIMEOUT_MS,
    refusals: doors.refusals,
  })
  const stream = createStreamDoor(gateway, {
    messageTimeoutMs: settings.MESSAGE_TIMEOUT_MS,
    lifetimeMinutes: settings.CONNECTION_LIFETIME_MINUTES,
    admit: doors.authorize,
  })
  doors.http.socket('/v1/stream', stream)
  doors.guarded({
    path: '/v1/frames',
    bodyBytes: limits.bodyBytes,
    handle: (request) => handleFrames(gateway, log, request),
  })
  return [
    ['frames into the log', () => gateway.drain()],
    ['streams', () => stream.closeAll()],
    ['timers', () => stream.stop()],
  ]
}

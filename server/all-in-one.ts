import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createAuthorizer } from '../http/auth.ts'
import { fetchHandler } from '../http/fetch.ts'
import { createHttpServer } from '../http/server.ts'
import { handleFrames } from '../ingest/gateway/frames-route.ts'
import { createGateway, describeError, errorAnswer } from '../ingest/gateway/gateway.ts'
import { createStreamDoor } from '../ingest/gateway/stream.ts'
import { openEmbeddedLog } from '../ingest/log/embedded.ts'
import { createSinkGroup } from '../ingest/sink/group.ts'
import { claimSource } from '../ingest/sink/source.ts'
import { createWatermark } from '../ingest/sink/watermark.ts'
import { openStore } from '../ingest/store/store.ts'
import { createQueryServer } from '../query/server.ts'
import { Refusal } from '../schema/errors.ts'
import { assertLimits, limits } from '../schema/limits.ts'
import { createLogger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import { describeDoors } from './doors.ts'
import type { Settings } from './settings.ts'

export type RunningServer = {
  readonly port: number
  /** Drains in order: no new frames, what was taken into the log, what is in the log into the store, then the doors shut. */
  stop(reason: string): Promise<void>
}

/** Everything in one process, on the embedded log and the embedded store. Start and stop are each one ordered list. */
export async function startAllInOne(settings: Settings): Promise<RunningServer> {
  assertLimits()
  const logger = createLogger(settings.LOG_LEVEL)
  const metrics = new Metrics()
  await mkdir(settings.DATA_DIR, { recursive: true })

  const log = await openEmbeddedLog({
    directory: join(settings.DATA_DIR, 'log'),
    maximumBytes: settings.LOG_MAX_BYTES,
    logger,
  })
  metrics.gauge('stepstream_log_bytes', 'Bytes of the log on disk.', () => log.stats().bytes)
  metrics.gauge('stepstream_log_limit_bytes', 'Bytes at which the log refuses.', () => log.stats().bytesLimit)
  const store = await openStore({
    dataDir: settings.DATA_DIR,
    readSessions: settings.READ_SESSIONS,
    queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
    queryMemoryBytes: settings.QUERY_MEMORY_BYTES,
    logger,
  })
  await claimSource(store, log)
  const sinks = createSinkGroup({
    ...{ log, store, metrics, logger, announce: false },
    settings: {
      blockRows: settings.BLOCK_ROWS,
      insertIntervalMs: settings.INSERT_INTERVAL_MS,
      flushIntervalMs: settings.FLUSH_INTERVAL_MS,
      maximumSeries: settings.MAX_ACTIVE_SERIES,
    },
  })
  const gateway = createGateway(log, metrics, logger)
  const authorize = createAuthorizer(settings.API_KEY)
  const stream = createStreamDoor(gateway, {
    messageTimeoutMs: settings.MESSAGE_TIMEOUT_MS,
    lifetimeMinutes: settings.CONNECTION_LIFETIME_MINUTES,
    admit: authorize,
  })
  const query = createQueryServer({
    reader: store.reader,
    watermark: createWatermark(log, sinks.serving),
    logger,
    metrics,
    settings: {
      queryTimeoutMs: settings.QUERY_TIMEOUT_MS,
      watermarkTimeoutMs: settings.WATERMARK_TIMEOUT_MS,
      operationsAtOnce: settings.READ_SESSIONS,
      operationsWaiting: 200,
    },
  })

  let ready = false
  const http = createHttpServer({ onError: (error) => errorAnswer(describeError(error, gateway.counts, logger)) })
  const common = { bodyBytes: 0, bodyTimeoutMs: settings.BODY_TIMEOUT_MS }
  const text = (status: number, body: string) => ({ status, headers: { 'content-type': 'text/plain' }, body })
  http.route({ ...common, method: 'get', path: '/healthz', handle: () => text(200, 'alive\n') })
  http.route({
    ...common,
    method: 'get',
    path: '/readyz',
    handle: () => (ready && sinks.faults().size === 0 ? text(200, 'ready\n') : text(503, 'not ready\n')),
  })
  http.route({
    ...common,
    method: 'get',
    path: '/metrics',
    handle: async () => ({
      status: 200,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      body: await metrics.text(),
    }),
  })
  http.socket('/v1/stream', stream)
  http.route({
    ...{ ...common, bodyBytes: limits.bodyBytes },
    method: 'any',
    path: '/v1/frames',
    async handle(request) {
      authorize(request.headers)
      return await handleFrames(gateway, log.id, request)
    },
  })
  const answerQuery = fetchHandler(query.handle)
  http.route({
    ...{ ...common, bodyBytes: limits.queryBodyBytes },
    method: 'any',
    path: '/graphql',
    async handle(request) {
      authorize(request.headers)
      return await answerQuery(request)
    },
  })
  http.route({
    // A frame sent to a wrong path is told so, not that it is too large.
    ...{ ...common, bodyBytes: limits.bodyBytes },
    method: 'any',
    path: '/*',
    handle(request) {
      if (request.path === '/') return { status: 302, headers: { location: '/graphql' } }
      throw new Refusal('not_found', `there is nothing at ${request.path.slice(0, 200)}`)
    },
  })

  // Health answers while a long replay is under way; frames and questions wait for `ready`.
  const port = await http.listen(settings.HOST, settings.PORT)
  await sinks.start()
  await sinks.settled()
  for (const fault of sinks.faults().values()) throw fault
  ready = true
  logger.info({ port, dataDir: settings.DATA_DIR }, 'ready')
  for (const line of describeDoors(settings, port)) console.log(line)

  async function stop(reason: string): Promise<void> {
    logger.info({ reason }, 'stopping')
    ready = false
    http.stopListening()
    await gateway.drain()
    stream.closeAll()
    stream.stop()
    await sinks.stop()
    http.close()
    await log.close()
    await store.close()
    logger.info('stopped')
    logger.flush()
  }

  return { port, stop }
}

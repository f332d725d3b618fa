import { createAuthorizer } from '../../http/auth.ts'
import { createHttpServer, type HttpServer, type Route } from '../../http/server.ts'
import { createRefusalCounts, describeError, errorAnswer, type RefusalCounts } from '../../ingest/gateway/gateway.ts'
import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { Base } from './base.ts'

/** The port of a process with what every one answers there; each stage adds its own routes before `open`. */
export type Doors = {
  readonly http: HttpServer
  readonly refusals: RefusalCounts
  readonly authorize: (headers: ReadonlyMap<string, string>) => void
  /** A route for those who have the key. */
  guarded(route: Omit<Route, 'bodyTimeoutMs' | 'method'>): void
  /** @throws when the address is taken */
  open(): Promise<number>
}

export function createDoors({ settings, logger, metrics, readiness }: Base, home: string): Doors {
  const refusals = createRefusalCounts(metrics)
  const authorize = createAuthorizer(settings.API_KEY)
  const http = createHttpServer({ onError: (error) => errorAnswer(describeError(error, { refusals }, logger)) })
  const common = { bodyBytes: 0, bodyTimeoutMs: settings.BODY_TIMEOUT_MS }
  const text = (status: number, body: string) => ({ status, headers: { 'content-type': 'text/plain' }, body })
  http.route({ ...common, method: 'get', path: '/healthz', handle: () => text(200, 'alive\n') })
  http.route({
    ...common,
    method: 'get',
    path: '/readyz',
    async handle() {
      const missing = await readiness.missing()
      return missing.length === 0 ? text(200, 'ready\n') : text(503, `not ready\n${missing.join('\n')}\n`)
    },
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
  return {
    http,
    refusals,
    authorize,
    guarded(route) {
      http.route({
        ...{ ...common, ...route },
        method: 'any',
        async handle(request) {
          authorize(request.headers)
          return await route.handle(request)
        },
      })
    },
    open() {
      http.route({
        // A frame sent to a wrong path is told so, not that it is too large.
        ...{ ...common, bodyBytes: limits.bodyBytes },
        method: 'any',
        path: '/*',
        handle(request) {
          if (request.path === '/') return { status: 302, headers: { location: home } }
          throw new Refusal('not_found', `there is nothing at ${request.path.slice(0, 200)}`)
        },
      })
      return http.listen(settings.HOST, settings.PORT)
    },
  }
}

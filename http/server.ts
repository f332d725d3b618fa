import uws from 'uWebSockets.js'
import { readBody } from './body.ts'
import { type HttpAnswer, type HttpRequest, sendAnswer } from './exchange.ts'
import { type SocketHandler, socketBehavior } from './socket.ts'

export type Route = {
  readonly method: 'get' | 'post' | 'any'
  /** A path, or a prefix ending in `/*`. */
  readonly path: string
  readonly bodyBytes: number
  /** Longest time without 16 KiB of progress while a body arrives. */
  readonly bodyTimeoutMs: number
  /** May throw; `onError` then makes the answer. */
  handle(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>
}

export type HttpServer = {
  route(route: Route): void
  socket<C>(path: string, handler: SocketHandler<C>): void
  /** @throws when the address is taken */
  listen(host: string, port: number): Promise<number>
  /** Takes no new connections; those that are open go on. */
  stopListening(): void
  /** Closes every connection at once. */
  close(): void
}

export type HttpServerOptions = {
  /** Makes the answer to a request whose handling threw: a Refusal or a fault. */
  onError(error: unknown): HttpAnswer
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const app = uws.App()
  let listening: uws.us_listen_socket | undefined

  return {
    route(route) {
      app[route.method](route.path, (response, request) => {
        void answer(route, response, request, options)
      })
    },
    socket(path, handler) {
      app.ws(path, socketBehavior(handler, options.onError))
    },
    listen(host, port) {
      return new Promise((resolve, reject) => {
        app.listen(host, port, (socket) => {
          if (!socket) return reject(new Error(`cannot listen on ${host}:${port}: is the port taken?`))
          listening = socket
          resolve(uws.us_socket_local_port(socket))
        })
      })
    },
    stopListening() {
      if (listening) uws.us_listen_socket_close(listening)
      listening = undefined
    },
    close() {
      app.close()
    },
  }
}

async function answer(
  route: Route,
  response: uws.HttpResponse,
  request: uws.HttpRequest,
  options: HttpServerOptions,
): Promise<void> {
  const abort = new AbortController()
  const exchange = { response, signal: abort.signal, method: request.getCaseSensitiveMethod() }
  response.onAborted(() => abort.abort())
  const headers = new Map<string, string>()
  request.forEach((name, value) => {
    headers.set(name, value)
  })
  const head = {
    method: exchange.method,
    path: request.getUrl(),
    query: request.getQuery(),
    headers,
    signal: abort.signal,
  }
  let result: HttpAnswer
  try {
    const body = await readBody(response, headers, route.bodyBytes, route.bodyTimeoutMs, abort.signal)
    result = await route.handle({ ...head, body })
  } catch (error) {
    result = options.onError(error)
  }
  await sendAnswer(exchange, result)
}

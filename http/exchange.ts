import type uws from 'uWebSockets.js'
import { freeMemory } from '../schema/freed-memory.ts'

export type HttpRequest = {
  readonly method: string
  readonly path: string
  /** Without the question mark. */
  readonly query: string
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}

export type HttpAnswer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array>
  /** Nobody else has the bytes of the body, or of its stream's chunks: their memory is given back as soon as they are on their way. */
  readonly isBodyGiven?: boolean
  /**
   * Of a stream: bytes that mean nothing between two of its chunks, such as a comment. They push out what waits to be sent while the stream has
   * nothing new: the engine sends it only along with more.
   */
  readonly filler?: Uint8Array
  /** The client may still be sending: the connection cannot be used again. */
  readonly closeConnection?: boolean
}

const statusTexts: Record<number, string> = {
  200: 'OK',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  507: 'Insufficient Storage',
}

/** `method` of the request, where it can be HEAD. */
type Exchange = { readonly response: uws.HttpResponse; readonly signal: AbortSignal; readonly method?: string }

export async function sendAnswer(exchange: Exchange, answer: HttpAnswer): Promise<void> {
  const { body, isBodyGiven } = answer
  if (!exchange.signal.aborted) await send(exchange, answer)
  // What could not be sent at once has been copied.
  if (isBodyGiven && body instanceof Uint8Array) freeMemory(body, { isMost: true })
}

async function send(exchange: Exchange, answer: HttpAnswer): Promise<void> {
  const { response, method } = exchange
  const { body } = answer
  if (method === 'HEAD') {
    // Whatever there is to say stands in the head: a body would be taken for the next answer.
    if (body instanceof ReadableStream) void body.cancel().catch(() => {})
    response.cork(() => {
      writeHead(response, answer)
      // The engine takes no length for one of 2^63.
      response.endWithoutBody(lengthOf(body), answer.closeConnection ?? false)
    })
    return
  }
  if (body instanceof ReadableStream) {
    response.cork(() => writeHead(response, answer))
    await sendStream(exchange, body, answer)
    return
  }
  response.cork(() => {
    writeHead(response, answer)
    // What is not modified has no body, and no length either that one could take for that of the body.
    if (answer.status === 304) response.endWithoutBody(undefined, answer.closeConnection ?? false)
    else response.end(body ?? '', answer.closeConnection ?? false)
  })
}

function lengthOf(body: HttpAnswer['body']): number {
  return body === undefined || body instanceof ReadableStream ? 0 : Buffer.byteLength(body)
}

function writeHead(response: uws.HttpResponse, answer: HttpAnswer): void {
  response.writeStatus(`${answer.status} ${statusTexts[answer.status] ?? 'Status'}`)
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.writeHeader(name, value)
}

/** Passes a stream on as fast as the client takes it, and no faster; a client that is gone ends the stream. */
async function sendStream(
  { response, signal }: Exchange,
  body: ReadableStream<Uint8Array>,
  { filler, isBodyGiven }: HttpAnswer,
): Promise<void> {
  const reader = body.getReader()
  /** Whether all that was written so far is on its way. */
  const write = (bytes: Uint8Array): boolean => {
    let isTaken = true
    response.cork(() => {
      isTaken = response.write(bytes)
    })
    return isTaken
  }
  const onAbort = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (signal.aborted) return
      if (done) break
      if (value.length === 0) continue
      let isTaken = write(value)
      if (isBodyGiven) freeMemory(value)
      while (!isTaken && !signal.aborted) {
        await writable(response, signal)
        if (!filler || signal.aborted) break
        // Corked, a short write would say that it is taken though it only waits behind the others.
        isTaken = response.write(filler)
      }
      if (signal.aborted) return
    }
    response.cork(() => response.end())
  } catch {
    // The head is out: the only honest end of a broken body is a broken connection.
    if (!signal.aborted) response.close()
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Resolves when more may be written, or when the client is gone. */
function writable(response: uws.HttpResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      // A stream may wait very often in its life.
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
    response.onWritable(() => {
      // Not within the engine's own call, in which a write would only be put behind the others.
      setImmediate(done)
      return true
    })
  })
}

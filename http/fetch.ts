import type { HttpAnswer, HttpRequest } from './exchange.ts'

/** What a fetch handler may see; others, with whatever bytes, cannot upset it. */
const passedHeaders = [
  ...['accept', 'content-type', 'content-length', 'if-none-match', 'last-event-id', 'sec-fetch-site', 'x-request-id'],
]

/** Lets a fetch handler (Request in, Response out) answer a route. Bytes that are the body of its answer are given away with it. */
export function fetchHandler(
  handle: (request: Request) => Promise<Response> | Response,
): (request: HttpRequest) => Promise<HttpAnswer> {
  return async (request) => {
    const response = await handle(requestOf(request))
    const headers = Object.fromEntries(response.headers)
    const { 'content-length': _, ...rest } = headers
    return { status: response.status, headers: rest, ...(await bodyOf(response)) }
  }
}

/**
 * What a handler reads of a Request, its body already here. A Request of Node's, with its signal and streams, outlives young collections: three
 * times as much of an empty question stays until the whole heap is collected.
 */
function requestOf({ path, query, method, headers, body, signal }: HttpRequest): Request {
  const text = async () => Buffer.from(body).toString('utf8')
  const request: Pick<Request, 'url' | 'method' | 'headers' | 'signal' | 'body' | 'bodyUsed' | 'text' | 'json'> = {
    ...{ url: `http://localhost${path}${query === '' ? '' : `?${query}`}`, method, signal, text },
    headers: new Headers(
      passedHeaders.flatMap((name) => {
        const value = headers.get(name)
        return value === undefined ? [] : [[name, value] as [string, string]]
      }),
    ),
    // Nobody reads it as a stream: it is bounded and whole before.
    ...{ body: null, bodyUsed: false },
    json: async () => JSON.parse(await text()),
  }
  return request as Request
}

/** A line that readers of event streams pass over. */
const comment = Buffer.from(':\n')

/**
 * A body of known size is sent at once; an event stream as it comes. A handler of another make than Node's keeps what it was given, and that goes out
 * as it is: a copy in a buffer would count as memory outside of the heap, and a lot of that has the whole heap collected.
 */
async function bodyOf(response: Response): Promise<Pick<HttpAnswer, 'body' | 'filler' | 'isBodyGiven'>> {
  const { bodyInit } = response as unknown as { readonly bodyInit?: unknown }
  if (typeof bodyInit === 'string') return { body: bodyInit }
  if (bodyInit instanceof Uint8Array) return { body: bodyInit, isBodyGiven: true }
  if (!response.body) return {}
  if (response.headers.get('content-type')?.startsWith('text/event-stream'))
    return { body: ownStream(response.body), filler: comment }
  return { body: new Uint8Array(await response.arrayBuffer()) }
}

/** A fetch handler may have streams of another make than this process's own. */
function ownStream(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  return body instanceof ReadableStream ? body : streamFrom(body as AsyncIterable<Uint8Array>)
}

/** Node has it, its types do not yet. */
const streamFrom = (
  ReadableStream as unknown as { from(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> }
).from.bind(ReadableStream)

import { inStream } from '../failures.ts'
import type { Payload } from './channel.ts'
import type { Outlet, Unsent, Viewer } from './viewer.ts'

/** A comment so often, so that whatever lies between keeps the connection, and one that is gone is found out. */
const commentMs = 15_000
/** How soon a client comes again when the stream ends, ms. */
const retryMs = 1_000
const encode = (text: string) => new Uint8Array(Buffer.from(text))

export type EventStreamOptions = {
  readonly unsent: Unsent
  /** Longest life of a stream, ms: then it ends, for the client to come again with the id of its last event. */
  readonly lifetimeMs: number
}

/**
 * A viewer's events as GraphQL over SSE has them: `next` messages, each with its id. Made only when the reader asks for more, so that one who does
 * not read holds one event at most.
 */
export function eventStream(viewer: Viewer, { unsent, lifetimeMs }: EventStreamOptions): ReadableStream<Uint8Array> {
  let wanted: (() => void) | undefined
  let held = 0
  let controller: ReadableStreamDefaultController<Uint8Array>
  const comments = setInterval(() => {
    if (wanted) put(encode(':\n\n'))
  }, commentMs)
  const lifetime = setTimeout(() => viewer.end(undefined), lifetimeMs)

  function put(bytes: Uint8Array): void {
    controller.enqueue(bytes)
    held += bytes.length
    unsent.add(bytes.length)
    const resolve = wanted
    wanted = undefined
    resolve?.()
  }

  function over(): void {
    clearInterval(comments)
    clearTimeout(lifetime)
    unsent.add(-held)
    held = 0
  }

  const outlet: Outlet = {
    isReady: () => wanted !== undefined,
    send: (payload) => put(messageOf(payload)),
    end(failure) {
      // No `complete`: the subscription is not, and the client is to come again.
      if (failure) put(encode(`event: next\ndata: ${JSON.stringify({ errors: [inStream(failure)] })}\n\n`))
      over()
      controller.close()
      wanted?.()
    },
  }

  return new ReadableStream<Uint8Array>(
    {
      start(it) {
        controller = it
        it.enqueue(encode(`retry: ${retryMs}\n:\n\n`))
      },
      pull() {
        unsent.add(-held)
        held = 0
        return new Promise<void>((resolve) => {
          wanted = resolve
          if (viewer.isAttached()) viewer.pump()
          else viewer.attach(outlet)
        })
      },
      cancel() {
        over()
        viewer.leave()
      },
    },
    { highWaterMark: 0 },
  )
}

function messageOf(payload: Payload): Buffer {
  payload.sse ??= Buffer.concat([
    Buffer.from(`event: next\nid: ${payload.id}\ndata: `),
    payload.json,
    Buffer.from('\n\n'),
  ])
  return payload.sse
}

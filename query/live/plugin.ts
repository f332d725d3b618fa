import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute, type GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import { inStream, requestFailure } from '../failures.ts'
import { eventStream } from './event-stream.ts'
import type { Hub } from './hub.ts'
import { selectionOf } from './selection.ts'
import { isSource, type Source } from './source.ts'
import type { LiveEvent } from './topic.ts'
import type { Viewer } from './viewer.ts'

export type LiveOptions = {
  readonly hub: Hub
  /** Longest life of an event stream, ms. */
  readonly lifetimeMs: number
  /** For the fields of events, which are asked for no one viewer. */
  createContext(): Context
  failureOf(error: unknown): GraphQLError
}

export type Live = {
  readonly plugin: Plugin
  /** The viewer that a request's subscription became. */
  take(request: object): Viewer | undefined
}

/** Subscriptions: opened at the hub, which makes the events, and sent as event streams; WebSockets take theirs by `take`. */
export function useLive({ hub, lifetimeMs, createContext, failureOf }: LiveOptions): Live {
  const opened = new WeakMap<object, Viewer>()

  function take(request: object): Viewer | undefined {
    const viewer = opened.get(request)
    opened.delete(request)
    return viewer
  }

  function render(args: ExecutionArgs, field: Source['field'], { value }: LiveEvent): Promise<Buffer> | Buffer {
    const { schema, document, variableValues, operationName } = args
    const rootValue = { [field]: value }
    const contextValue = createContext()
    const result = execute({ schema, document, variableValues, operationName, rootValue, contextValue })
    return result instanceof Promise ? result.then(bytesOf) : bytesOf(result)
  }

  function bytesOf({ data, errors }: ExecutionResult): Buffer {
    const shown = errors ? { errors: errors.map((error) => inStream(failureOf(error))) } : {}
    return Buffer.from(JSON.stringify({ data, ...shown }))
  }

  async function subscribe(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterable<never>> {
    const stream = await createSourceEventStream(args)
    if (!isSource(stream)) return stream as ExecutionResult
    const { field, watch, after } = stream.source
    const { schema, document, operationName } = args
    const variables = args.variableValues ?? undefined
    const selection = selectionOf({ schema, document, operationName, variables })
    const { request } = args.contextValue as { request: Request }
    const lastId = request.headers.get('last-event-id') ?? undefined
    try {
      const viewer = hub.open({
        ...{ watch, selection, after: after ?? lastId },
        render: (event) => render(args, field, event),
      })
      opened.set(request, viewer)
    } catch (error) {
      return { errors: [failureOf(error)] }
    }
    return stream
  }

  return {
    take,
    plugin: {
      onSubscribe({ setSubscribeFn }) {
        setSubscribeFn(subscribe)
      },
      onResultProcess({ request, setResult, setResultProcessor }) {
        const viewer = take(request)
        if (!viewer) return
        if (takesEvents(request)) {
          const unsent = hub.unsent
          setResultProcessor(() => answerOf(eventStream(viewer, { unsent, lifetimeMs })), 'text/event-stream')
        } else {
          viewer.leave()
          const errors = [requestFailure('NOT_LIVE', 'ask for text/event-stream, or come by WebSocket')]
          setResult({ errors })
          setResultProcessor(() => Response.json({ errors }, { status: 400 }), 'application/json')
        }
      },
    },
  }
}

function takesEvents(request: Request): boolean {
  const accepted = (request.headers.get('accept') ?? '*/*').toLowerCase().split(',')
  return accepted.some((type) => ['text/event-stream', 'text/*', '*/*'].includes(type.split(';')[0]!.trim()))
}

const answerOf = (body: ReadableStream<Uint8Array>) =>
  new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  })

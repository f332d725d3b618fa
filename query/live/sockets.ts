import type { ExecutionArgs, GraphQLError } from 'graphql'
import { makeServer, type SubscribePayload } from 'graphql-ws'
import { limits } from '../../schema/limits.ts'
import { inStream } from '../failures.ts'
import { createAllowance } from './allowance.ts'
import { tooManySubscriptions } from './refusals.ts'
import type { Outlet, Unsent, Viewer } from './viewer.ts'

/** A WebSocket as far as subscriptions need one. */
export type LiveTransport = {
  sendText(text: string | Uint8Array): void
  /** Bytes that were sent and not taken by the network yet. */
  unsentBytes(): number
  close(code: number, reason: string): void
}

/** The subscriptions of one WebSocket. */
export type LiveConnection = {
  onMessage(text: string): void
  onDrain(): void
  onClose(): void
}

export type LiveSockets = {
  /** A new connection. `authorize` is asked with what its first message says of a key, and throws when that will not do. */
  open(transport: LiveTransport, authorize: (authorization: string) => void): LiveConnection
}

export type LiveSocketsParts = {
  readonly unsent: Unsent
  /** Opens the subscription of a message. @throws what is the matter with it */
  subscribe(payload: SubscribePayload, signal: AbortSignal): Promise<{ viewer: Viewer; args: ExecutionArgs }>
  failureOf(error: unknown): GraphQLError
}

export const liveProtocol = 'graphql-transport-ws'

/** A client has so long to say its first word, ms. */
const initMs = 3_000
/** Unsent bytes at which a client that goes on sending is closed: it makes answers and reads none. */
const unreadBytes = 32 * limits.liveUnsentBytes

/** One connection, as the callbacks of the package see it. */
type Extra = {
  readonly transport: LiveTransport
  readonly viewers: Set<Viewer>
  readonly gone: AbortController
  authorize(authorization: string): void
  /** Tells `unsent` how many bytes lie in this connection. */
  account(): void
}

/**
 * The protocol graphql-transport-ws, of the package graphql-ws, which knows its messages and ids. Events go past it: made once for all viewers
 * that stand alike, and put into each subscription's envelope.
 */
export function createLiveSockets({ unsent, subscribe, failureOf }: LiveSocketsParts): LiveSockets {
  const server = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: initMs,
    onConnect({ connectionParams, extra }) {
      const { authorization, Authorization } = connectionParams ?? {}
      try {
        extra.authorize(String(authorization ?? Authorization ?? ''))
        return true
      } catch {
        return false
      }
    },
    async onSubscribe({ subscriptions, extra }, id, payload) {
      if (id.length > limits.liveIdCharacters) extra.transport.close(4400, 'the id is too long')
      if (Object.keys(subscriptions).length > limits.liveSubscriptionsPerConnection) return [tooManySubscriptions()]
      try {
        const { viewer, args } = await subscribe(payload, extra.gone.signal)
        return { ...args, rootValue: eventsInto(extra, id, viewer) }
      } catch (error) {
        return [failureOf(error)]
      }
    },
    onError: (_, __, ___, errors) => errors.map(inStream) as never,
    subscribe: ({ rootValue }) => rootValue as AsyncGenerator<never>,
  })

  return {
    open(transport, authorize) {
      let held = 0
      function hold(bytes: number): void {
        unsent.add(bytes - held)
        held = bytes
      }
      const account = () => hold(transport.unsentBytes())
      const extra: Extra = { transport, authorize, account, viewers: new Set(), gone: new AbortController() }
      const allowance = createAllowance()
      let listener: (text: string) => Promise<void> = async () => {}
      const closed = server.opened(
        {
          protocol: liveProtocol,
          send: (text) => transport.sendText(text),
          close: (code, reason) => transport.close(code ?? 1000, reason ?? ''),
          onMessage(callback) {
            listener = callback
          },
        },
        extra,
      )
      return {
        onMessage(text) {
          if (!allowance.take()) return transport.close(4429, 'too many messages')
          if (transport.unsentBytes() > unreadBytes) return transport.close(4413, 'too many unread answers')
          listener(text).catch(() => transport.close(4400, 'a message of this type is not expected'))
        },
        onDrain() {
          account()
          for (const viewer of extra.viewers) viewer.pump()
        },
        onClose() {
          extra.gone.abort()
          hold(0)
          void closed(1000, '')
        },
      }
    },
  }
}

/**
 * What the package takes for the results of a subscription: there are none, since events are sent from here; it ends when the viewer does, and is told
 * when the client wants no more.
 */
function eventsInto(extra: Extra, id: string, viewer: Viewer): AsyncGenerator<never> {
  const { transport, viewers, account } = extra
  const [before, behind] = [Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`), Buffer.from('}')]
  const finished = { done: true, value: undefined } as const
  let resolve: (result: IteratorResult<never>) => void
  let reject: (failure: GraphQLError) => void
  const over = new Promise<IteratorResult<never>>((...settle) => {
    ;[resolve, reject] = settle
  })
  // It may fail before anybody asks.
  over.catch(() => {})

  const outlet: Outlet = {
    isReady: () => transport.unsentBytes() <= limits.liveUnsentBytes,
    send({ json }) {
      transport.sendText(Buffer.concat([before, json, behind]))
      account()
    },
    end(failure) {
      viewers.delete(viewer)
      if (failure) reject(failure)
      else resolve(finished)
    },
  }

  async function leave(): Promise<IteratorResult<never>> {
    viewers.delete(viewer)
    viewer.leave()
    resolve(finished)
    return finished
  }

  const events = {
    [Symbol.asyncIterator]: () => events,
    next() {
      if (!viewer.isAttached()) {
        viewers.add(viewer)
        viewer.attach(outlet)
      }
      return over
    },
    return: leave,
    throw: leave,
  }
  return events as AsyncGenerator<never>
}

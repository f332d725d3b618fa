import { type ClientRequest, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { StoreTrouble } from '../../schema/store.ts'

export type Health = {
  /** Runs a call under watch: its signal aborts, with a StoreTrouble as the reason, when the store answers no ping any more. */
  watch<T>(call: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>
  close(): void
}

/** Together less than the 2 s after which a question to a store that is gone has to fail. */
const intervalMs = 400
const timeoutMs = 1_400

/**
 * Tells a store that takes long from one that is gone: while calls are under way, `/ping` is asked again and again. A stopped
 * process still takes connections, so nothing else would tell.
 */
export function createHealth(url: URL): Health {
  const underWay = new Map<AbortController, number>()
  const pings = new Set<ClientRequest>()
  let timer: NodeJS.Timeout | undefined

  function ping(): void {
    const begun = performance.now()
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    // A connection of its own: one that was idle may have been closed by the store, which says nothing about its health.
    const request = send(new URL('/ping', url), { agent: false })
    pings.add(request)
    let late: NodeJS.Immediate | undefined
    const timeout = setTimeout(() => {
      // After a busy time of this process the answer may lie there unread: what has come is read before the judgement.
      late = setImmediate(() => end(`it answered no ping within ${timeoutMs} ms`))
    }, timeoutMs)
    function end(trouble?: string): void {
      if (!pings.delete(request)) return
      clearTimeout(timeout)
      clearImmediate(late)
      request.destroy()
      if (trouble !== undefined) fail(begun, trouble)
    }
    // Any answer will do: a proxy's error is told by the question itself.
    request.once('response', () => end())
    request.on('error', (error) => end(error.message))
    request.end()
  }

  /** Ends the calls that were under way when the ping began. */
  function fail(begun: number, trouble: string): void {
    for (const [controller, since] of underWay) {
      if (since <= begun) controller.abort(new StoreTrouble('unavailable', `the store is away: ${trouble}`))
    }
  }

  function forget(controller: AbortController): void {
    underWay.delete(controller)
    if (underWay.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    async watch(call, signal) {
      signal?.throwIfAborted()
      const controller = new AbortController()
      const onAbort = () => controller.abort(signal!.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      underWay.set(controller, performance.now())
      timer ??= setInterval(ping, intervalMs)
      try {
        return await call(controller.signal)
      } catch (error) {
        // What the client throws when it is aborted says less than the reason.
        throw controller.signal.aborted ? controller.signal.reason : error
      } finally {
        signal?.removeEventListener('abort', onAbort)
        forget(controller)
      }
    },
    close() {
      clearInterval(timer)
      for (const request of pings) request.destroy()
      pings.clear()
    },
  }
}

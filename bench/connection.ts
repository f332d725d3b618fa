import type { Socket } from 'node:net'
import { unpack } from 'msgpackr'
import { WebSocket } from 'ws'

/** What the server says it takes before it has acknowledged: the first message of a connection. */
export type Credit = { readonly frames: number; readonly bytes: number }

export type Refused = { readonly code: string; readonly message: string; readonly retryable: boolean }

export type Answer =
  | { readonly ok: true; readonly n: number; readonly at: string }
  | { readonly ok: false; readonly n: number; readonly error: Refused }

export type Connection = {
  readonly credit: Credit
  readonly send: (frame: Uint8Array) => void
  /** Runs `work`; frames sent meanwhile leave in one system call. */
  readonly together: (work: () => void) => void
  readonly close: () => void
  /** Ends it at once, without a word; `onLost` is not called. */
  readonly drop: () => void
}

export type Listener = {
  readonly onAnswer: (answer: Answer) => void
  /** The connection went away by the server's or the network's will. */
  readonly onLost: (reason: string) => void
}

/**
 * Opens `/v1/stream` and waits for the server's hello, by default as long as it takes. `baseUrl` is the http address of the
 * server.
 */
export function connect(
  baseUrl: string,
  apiKey: string | undefined,
  listener: Listener,
  helloTimeoutMs?: number,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const url = new URL('/v1/stream', baseUrl.replace(/^http/, 'ws'))
    // A mask of zeros is a legal mask; it spares the generator a pass over every byte it sends.
    const generateMask = (mask: Buffer): void => void mask.fill(0)
    const headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
    const socket = new WebSocket(url, { perMessageDeflate: false, generateMask, headers, skipUTF8Validation: true })
    let tcp: Socket | undefined
    let closing = false
    let open = false
    if (helloTimeoutMs !== undefined) {
      setTimeout(() => {
        if (!open) socket.terminate()
      }, helloTimeoutMs).unref()
    }

    socket.on('upgrade', (response) => {
      tcp = response.socket
      tcp.setNoDelay(true)
    })
    socket.on('message', (data: Buffer) => {
      const message: unknown = unpack(data)
      if (open) {
        listener.onAnswer(message as Answer)
        return
      }
      open = true
      const hello = message as { hello: number } & Credit
      if (hello.hello === 1) resolve(opened({ frames: hello.frames, bytes: hello.bytes }))
      else reject(new Error(`unknown hello of the server: ${JSON.stringify(message)}`))
    })
    const lost = (reason: string): void => {
      if (closing) return
      closing = true
      if (open) listener.onLost(reason)
      else reject(new Error(`no connection to ${url}: ${reason}`))
    }
    socket.on('error', (error) => lost(error.message))
    socket.on('close', (code, reason) => lost(`closed with ${code} ${reason.toString()}`))

    function opened(credit: Credit): Connection {
      return {
        credit,
        send: (frame) => socket.send(frame),
        together(work) {
          tcp?.cork()
          work()
          tcp?.uncork()
        },
        close() {
          closing = true
          socket.close(1000)
        },
        drop() {
          closing = true
          socket.terminate()
        },
      }
    }
  })
}

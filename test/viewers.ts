import { WebSocket } from 'ws'
import type { Server } from './harness.ts'
import type { Closed } from './wire.ts'

export type Result = {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into events of every shape.
  readonly data?: any
  readonly errors?: readonly { message: string; extensions: { code: string; retryable: boolean } }[]
}

/** A subscription over SSE, as a client of `fetch` has it. */
export type Stream = {
  readonly status: number
  readonly ids: string[]
  readonly results: Result[]
  /** The text so far, for what is not a message. */
  text(): string
  close(): void
  readonly ended: Promise<void>
}

export async function openEvents(
  server: Pick<Server, 'url'>,
  question: { readonly query: string; readonly variables?: object },
  headers: Readonly<Record<string, string>> = {},
): Promise<Stream> {
  const gone = new AbortController()
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify(question),
    signal: gone.signal,
  })
  const [ids, results]: [string[], Result[]] = [[], []]
  let text = ''
  async function read(): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const bytes of response.body!) {
      const part = decoder.decode(bytes, { stream: true })
      text += part
      const messages = (rest + part).split('\n\n')
      rest = messages.pop()!
      for (const message of messages) {
        const id = /^id: (.*)$/m.exec(message)?.[1]
        const data = /^data: (.*)$/m.exec(message)?.[1]
        if (data === undefined) continue
        if (id !== undefined) ids.push(id)
        results.push(JSON.parse(data) as Result)
      }
    }
  }
  // However it ended: the test knows what it was sent.
  const ended = read().catch(() => {})
  return { status: response.status, ids, results, text: () => text, close: () => gone.abort(), ended }
}

/** A WebSocket that speaks graphql-transport-ws by hand, so that it can also speak it wrongly. */
export type ViewerSocket = {
  readonly socket: WebSocket
  send(message: object | string): void
  /** Everything received, parsed. */
  readonly received: { readonly type: string; readonly id?: string; readonly payload?: Result }[]
  /** Results of one subscription. */
  resultsOf(id: string): Result[]
  readonly closed: Promise<Closed>
}

export type SocketOptions = { readonly headers?: Readonly<Record<string, string>>; readonly protocol?: string }

/** @throws Error with the status when the upgrade is refused */
export function openSocket(server: Pick<Server, 'url'>, options: SocketOptions = {}): Promise<ViewerSocket> {
  return new Promise((resolve, reject) => {
    const url = `${server.url.replace('http', 'ws')}/graphql`
    const { protocol = 'graphql-transport-ws', headers = {} } = options
    const socket = new WebSocket(url, protocol, { headers, perMessageDeflate: false })
    const received: ViewerSocket['received'] = []
    const closed = new Promise<Closed>((tell) => {
      socket.on('close', (code, reason) => tell({ code, reason: reason.toString() }))
    })
    socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString())))
    socket.on('error', reject)
    socket.on('open', () =>
      resolve({
        ...{ socket, received, closed },
        send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
        resultsOf: (id) => received.flatMap((one) => (one.type === 'next' && one.id === id ? [one.payload!] : [])),
      }),
    )
  })
}

export const init = (payload: object = {}) => ({ type: 'connection_init', payload })
export const subscribe = (id: string, query: string, variables: object = {}) => ({
  ...{ id, type: 'subscribe' },
  payload: { query, variables },
})

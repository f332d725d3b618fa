import { connect } from 'node:net'
import { WebSocket } from 'ws'

/** One viewer. `onEvent` gets the text of each event, as JSON, and when it came. */
export type ViewerSocket = { readonly opened: Promise<void>; close(): void }
type OnEvent = (text: string, nowMs: number) => void

/** Over an event stream, by hand: this process shares its cores with what it measures. */
export function openSse(url: URL, body: string, onEvent: OnEvent, onLost: () => void): ViewerSocket {
  const socket = connect(Number(url.port), url.hostname)
  const head = ['POST /graphql HTTP/1.1', `Host: ${url.host}`, 'Content-Type: application/json']
  socket.write(
    [...head, 'Accept: text/event-stream', `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'),
  )
  let rest = ''
  let isClosing = false
  const opened = new Promise<void>((resolve) => {
    socket.setEncoding('utf8').on('data', (part: string) => {
      const nowMs = performance.now()
      rest += part
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const data = rest.lastIndexOf('\ndata: ', end)
        if (data >= 0) {
          onEvent(rest.slice(data + 7, end), nowMs)
          resolve()
        }
        rest = rest.slice(end + 2)
      }
    })
  })
  socket.on('close', () => isClosing || onLost())
  socket.on('error', () => {})
  return {
    opened,
    close() {
      isClosing = true
      socket.destroy()
    },
  }
}

/** Over graphql-transport-ws. */
export function openWebSocket(url: URL, body: object, onEvent: OnEvent, onLost: () => void): ViewerSocket {
  const socket = new WebSocket(`ws://${url.host}/graphql`, 'graphql-transport-ws', { perMessageDeflate: false })
  let isClosing = false
  socket.on('open', () => {
    socket.send(JSON.stringify({ type: 'connection_init' }))
    socket.send(JSON.stringify({ type: 'subscribe', id: 'a', payload: body }))
  })
  const opened = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const nowMs = performance.now()
      const text = data.toString()
      if (text.includes('"type":"connection_ack"')) return
      onEvent(text, nowMs)
      resolve()
    })
  })
  socket.on('close', () => isClosing || onLost())
  socket.on('error', () => {})
  return {
    opened,
    close() {
      isClosing = true
      socket.terminate()
    },
  }
}

/** One connection through a link: a client's socket joined to the target's. */
import { createConnection, type Socket } from 'node:net'
import type { AnswerFinder } from './stream-states.ts'
import type { Link } from './world.ts'

export type Target = { readonly host: string; readonly port: number }
/** What all connections of a link share. */
export type LinkState = {
  mode: 'open' | 'stalled' | 'refused'
  cutsBeforeAnswer: number
  cutsAfterAnswer: number
  readonly counts: { -readonly [name in keyof Link['counts']]: number }
}
export type Connection = { cut(): void; flow(): void }

/** Longest wait for a client to take its last bytes and go. */
const lingerMs = 1_000

/** Joins a client to the target until one of them ends; `gone` is called once. */
export function connect(
  client: Socket,
  target: Target,
  finder: AnswerFinder,
  link: LinkState,
  gone: () => void,
): Connection {
  const upstream = createConnection({ ...target, allowHalfOpen: true, noDelay: true })
  let over = false
  /** The last bytes are on their way to the client, and nothing more is passed on. */
  let last = false

  const end = (leave: (socket: Socket) => void) => {
    if (over) return
    over = true
    for (const socket of [client, upstream]) leave(socket)
    gone()
  }
  const cut = () => end(reset)
  const flow = () => {
    if (over || last) return
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      if (link.mode === 'open' && !to.writableNeedDrain) from.resume()
      else from.pause()
  }

  function forward(from: Socket, to: Socket, bytes: Buffer): void {
    if (!to.write(bytes)) from.pause()
  }
  function answer(bytes: Buffer): void {
    const { begin, end: complete } = finder.answered(bytes)
    if (begin >= 0 && link.cutsBeforeAnswer > 0) {
      link.cutsBeforeAnswer--
      link.counts.cutBeforeAnswer++
      if (begin === 0) cut()
      else lastBytes(bytes.subarray(0, begin))
    } else if (complete >= 0 && link.cutsAfterAnswer > 0) {
      link.cutsAfterAnswer--
      link.counts.cutAfterAnswer++
      lastBytes(bytes.subarray(0, complete))
    } else forward(upstream, client, bytes)
  }
  /**
   * The target's end is reset; the client's ends in order, for a reset would take back what the client has not read. What it still
   * sends is read and forgotten, for else the kernel would reset it after all.
   */
  function lastBytes(bytes: Buffer): void {
    last = true
    reset(upstream)
    client.end(bytes)
    client.resume()
    const impatient = setTimeout(cut, lingerMs)
    client.once('end', cut).once('close', () => clearTimeout(impatient))
  }

  client.on('data', (bytes: Buffer) => {
    if (last) return
    finder.sent?.(bytes)
    forward(client, upstream, bytes)
  })
  upstream.on('data', answer)
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    from.on('drain', flow)
    from.on('end', () => {
      if (!last) to.end()
    })
    // What ended badly at one end ends badly at the other.
    from.on('error', cut)
    from.on('close', () => {
      if (to.destroyed) end(() => {})
    })
  }
  flow()
  return { cut, flow }
}

function reset(socket: Socket): void {
  // One that never came to be has nothing to reset, and node would wait for it; one whose end is on the way libuv refuses to reset, and node
  // would never let go of it.
  const ending = socket.writableEnded && !socket.writableFinished
  if (socket.connecting || ending) socket.destroy()
  else socket.resetAndDestroy()
}

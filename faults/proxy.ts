/** A link of a world as a TCP proxy on loopback, which can be cut, stalled and refused as a bad network would. */
import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { finders, type Protocol } from './answers.ts'
import type { Link } from './world.ts'

export type LinkOptions = {
  readonly name: string
  readonly target: { readonly host: string; readonly port: number }
  /** Where it listens; a free port by default. */
  readonly port?: number
  /** What tells answers from other bytes; by default an answer is whatever follows after the client sent something. */
  readonly protocol?: Protocol
}
export type ProxyLink = Link & {
  readonly port: number
  /** Connections open now. */
  connected(): number
  close(): Promise<void>
}

/** Longest wait for a client to take its last bytes and go. */
const lingerMs = 1_000

type Mode = 'open' | 'stalled' | 'refused'
type Counts = { -readonly [name in keyof Link['counts']]: number }
/** What all connections of a link share. */
type LinkState = {
  mode: Mode
  cutsBeforeAnswer: number
  cutsAfterAnswer: number
  readonly counts: Counts
}
type Connection = { cut(): void; flow(): void }

/** Resolves when it listens. Throws EADDRINUSE when `port` is taken. */
export async function createLink(options: LinkOptions): Promise<ProxyLink> {
  const connections = new Set<Connection>()
  const counts: Counts = { connections: 0, cutBeforeAnswer: 0, cutAfterAnswer: 0, cut: 0 }
  const state: LinkState = { mode: 'open', cutsBeforeAnswer: 0, cutsAfterAnswer: 0, counts }
  let closed = false
  let server = await listen(options.port ?? 0)
  const { port } = server.address() as { port: number }

  async function listen(port: number): Promise<Server> {
    const listening = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      counts.connections++
      const connection: Connection = connect(client, options, state, () => connections.delete(connection))
      connections.add(connection)
    })
    listening.listen(port, '127.0.0.1', 4096)
    await once(listening, 'listening')
    return listening
  }

  /** Its port may be taken for a moment by somebody's outgoing connection. */
  async function listenAgain(): Promise<void> {
    while (!closed && state.mode !== 'refused' && !server.listening) {
      try {
        server = await listen(port)
        if (closed || (state.mode as Mode) === 'refused') server.close()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
        await sleep(10)
      }
    }
  }

  const cutAll = () => {
    for (const connection of [...connections]) connection.cut()
  }
  const flowAll = () => {
    for (const connection of connections) connection.flow()
  }
  return {
    name: options.name,
    port,
    counts,
    connected: () => connections.size,
    cut() {
      counts.cut += connections.size
      cutAll()
    },
    cutBeforeAnswer(count) {
      state.cutsBeforeAnswer = count
    },
    cutAfterAnswer(count) {
      state.cutsAfterAnswer = count
    },
    stall() {
      if (state.mode === 'open') state.mode = 'stalled'
      flowAll()
    },
    refuse() {
      state.mode = 'refused'
      server.close()
      cutAll()
    },
    open() {
      Object.assign(state, { mode: 'open', cutsBeforeAnswer: 0, cutsAfterAnswer: 0 })
      flowAll()
      void listenAgain()
    },
    async close() {
      closed = true
      cutAll()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

/** Joins a client to the target until one of them ends; `gone` is called once. */
function connect(
  client: Socket,
  { target, protocol = 'bytes' }: LinkOptions,
  link: LinkState,
  gone: () => void,
): Connection {
  const finder = finders[protocol]()
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
  // One that never came to be has nothing to reset, and node would wait for it.
  if (socket.connecting) socket.destroy()
  else socket.resetAndDestroy()
}

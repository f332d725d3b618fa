/** A link of a world as a TCP proxy on loopback, which can be cut, stalled and refused as a bad network would. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { finders, type Protocol } from './answers.ts'
import { type Connection, connect, type LinkState, type Target } from './connection.ts'
import type { Link } from './world.ts'

export type LinkOptions = {
  readonly name: string
  readonly target: Target
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

/** Resolves when it listens. Throws EADDRINUSE when `port` is taken. */
export async function createLink(options: LinkOptions): Promise<ProxyLink> {
  const connections = new Set<Connection>()
  const counts = { connections: 0, cutBeforeAnswer: 0, cutAfterAnswer: 0, cut: 0 }
  const state: LinkState = { mode: 'open', cutsBeforeAnswer: 0, cutsAfterAnswer: 0, counts }
  let closed = false
  let server = await listen(options.port ?? 0)
  const { port } = server.address() as { port: number }

  async function listen(port: number): Promise<Server> {
    const listening = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      counts.connections++
      const connection: Connection = connect(
        client,
        options.target,
        finders[options.protocol ?? 'bytes'](),
        state,
        () => connections.delete(connection),
      )
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
        if (closed || (state.mode as LinkState['mode']) === 'refused') server.close()
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

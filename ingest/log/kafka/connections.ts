import { type Address, type Connection, openConnection } from './connection.ts'
import type { KafkaOptions } from './options.ts'

/** Connections to the brokers of a topic, one to each, opened when they are first needed and anew after any trouble. */
export type Connections = {
  /** @throws Error when the broker cannot be reached */
  to(address: Address): Promise<Connection>
  /** Closes those that are there; who asks again gets new ones. */
  drop(): void
  /** For good. */
  close(): void
}

export const nameOf = ({ host, port }: Address) => `${host}:${port}`

export function createConnections(options: Pick<KafkaOptions, 'tls' | 'sasl'>): Connections {
  const open = new Map<string, Promise<Connection>>()
  let closed = false

  function drop(): void {
    for (const connection of open.values()) {
      connection.then(
        (it) => it.close(),
        () => {},
      )
    }
    open.clear()
  }

  function begin(name: string, address: Address): void {
    const fresh = openConnection(address, options)
    open.set(name, fresh)
    fresh.catch(() => {
      if (open.get(name) === fresh) open.delete(name)
    })
  }

  return {
    async to(address) {
      const name = nameOf(address)
      while (!closed) {
        const known = open.get(name)
        const connection = await known
        if (closed) break
        if (connection?.usable()) return connection
        connection?.close()
        // Whoever comes first opens a new one.
        if (open.get(name) === known) begin(name, address)
      }
      throw new Error('the connections were closed')
    },
    drop,
    close() {
      closed = true
      drop()
    },
  }
}

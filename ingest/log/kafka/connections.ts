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

  return {
    async to(address) {
      if (closed) throw new Error('the connections were closed')
      const name = nameOf(address)
      const old = open.get(name)
      const known = await old?.catch(() => undefined)
      if (known?.usable()) return known
      known?.close()
      // Whoever comes first opens a new one.
      if (!closed && open.get(name) === old) open.set(name, openConnection(address, options))
      const fresh = open.get(name)
      if (!fresh) throw new Error('the connections were closed')
      return await fresh
    },
    drop,
    close() {
      closed = true
      drop()
    },
  }
}

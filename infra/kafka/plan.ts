/** Which broker listens where and keeps its things where. */
import { join } from 'node:path'
import { freePorts, isFree } from './ports.ts'

export type Security = 'plaintext' | 'sasl' | 'tls' | 'tls+sasl'

export type BrokerPlan = {
  readonly id: number
  /** Where clients connect, and where they are told to. */
  readonly port: number
  readonly advertisedPort: number
  /** Replication among brokers, and the vote among controllers: not for clients, never through a proxy. */
  readonly internalPort: number
  readonly controllerPort: number
  /** Settings, logs and data. */
  readonly folder: string
}

export type ClusterPlan = {
  readonly brokers: readonly BrokerPlan[]
  readonly security: Security
  /** The file with the key, when there is TLS. */
  readonly keystore: { readonly path: string; readonly password: string } | undefined
  /** What the caller sets besides, or otherwise. */
  readonly settings: Readonly<Record<string, string>>
}

export type ClusterWish = {
  readonly directory: string
  readonly count: number
  readonly security: Security
  readonly keystore: ClusterPlan['keystore']
  readonly ports?: readonly number[]
  readonly advertisedPorts?: readonly number[]
  readonly settings?: Readonly<Record<string, string>>
}

/** Throws when a list of ports is not as long as there are brokers, or one is taken. */
export async function planCluster(wish: ClusterWish): Promise<ClusterPlan> {
  const { directory, count, security, keystore, ports, advertisedPorts, settings } = wish
  for (const [name, list] of Object.entries({ ports, advertisedPorts })) {
    if (list && list.length !== count) throw new Error(`${name} has ${list.length} ports for ${count} brokers`)
  }
  for (const port of ports ?? []) {
    if (!(await isFree(port))) throw new Error(`port ${port} of 127.0.0.1 is taken`)
  }
  const free = await freePorts(3 * count)
  const brokers = Array.from({ length: count }, (_, i) => {
    const [clientPort, internalPort, controllerPort] = free.slice(3 * i) as [number, number, number]
    const port = ports?.[i] ?? clientPort
    const advertisedPort = advertisedPorts?.[i] ?? port
    const folder = join(directory, `broker-${i + 1}`)
    return { id: i + 1, port, advertisedPort, internalPort, controllerPort, folder }
  })
  return { brokers, security, keystore, settings: settings ?? {} }
}

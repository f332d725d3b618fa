/** The servers of a split world: processes of ours, each with a clock and a data folder of its own. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createClock, type SteppedClock } from './clock.ts'
import { freePort } from './ports.ts'
import { createNodeProcess, type NodeProcess, type ProcessOptions } from './processes.ts'
import type { NodeKind } from './world.ts'

export type ServerKind = 'gateway' | 'sink' | 'query'
export type ServerNode = NodeProcess & { readonly clock: SteppedClock }
export type ServerOptions = Pick<ProcessOptions, 'onUnexpectedExit'> & {
  readonly directory: string
  /** Settings of each kind. */
  readonly environment: (kind: ServerKind) => Readonly<Record<string, string>>
}

export function createServers({ directory, environment, onUnexpectedExit }: ServerOptions) {
  const servers: Record<ServerKind, ServerNode[]> = { gateway: [], sink: [], query: [] }
  const numbers: Record<ServerKind, number> = { gateway: 0, sink: 0, query: 0 }
  /** Also those that are no part of the world yet, or any more. */
  const everMade: ServerNode[] = []

  async function create(kind: ServerKind): Promise<ServerNode> {
    const name = `${kind}-${++numbers[kind]}`
    const data = join(directory, name)
    await mkdir(data)
    const clock = await createClock(`${data}.clock`)
    const node = createNodeProcess({
      ...{ name, program: 'dist/server/main.cjs', arguments: [kind], port: await freePort(), onUnexpectedExit },
      environment: { ...environment(kind), ...clock.environment, DATA_DIR: data },
    })
    const server = { ...node, clock }
    everMade.push(server)
    return server
  }

  return {
    /** Those of the world now. */
    nodes: servers as Readonly<Record<ServerKind, readonly ServerNode[]>>,
    all: () => Object.values(servers).flat(),
    /** Starts so many at once and then makes them part of the world. */
    async add(kind: ServerKind, count: number): Promise<void> {
      // Made in order, so that a seed means the same node each time.
      const made: ServerNode[] = []
      for (let i = 0; i < count; i++) made.push(await create(kind))
      await Promise.all(made.map((server) => server.start()))
      servers[kind].push(...made)
    },
    /** Takes the last of a kind out of the world and ends it in order. Throws when there is no other. */
    async remove(kind: ServerKind): Promise<void> {
      if (servers[kind].length < 2) throw new Error(`the last ${kind} is not removed`)
      await servers[kind].pop()!.stop()
    },
    /** Throws where the clock cannot be stepped. */
    async stepClock(kind: NodeKind, index: number, byMs: number): Promise<void> {
      const server = servers[kind as ServerKind]?.[index]
      if (!server) throw new Error(`the clock of ${kind} ${index} cannot be stepped: only those of our servers can`)
      await server.clock.step(byMs)
    },
    async kill(): Promise<void> {
      await Promise.all(everMade.map((server) => server.kill()))
    },
  }
}

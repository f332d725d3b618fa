import { packageFile } from '../../schema/files.ts'
import { freePorts, isFree } from '../kafka/ports.ts'

export type Planned = {
  readonly name: string
  readonly port: number
  readonly program: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** In the order in which they start; they stop in the other. */
export type SplitPlan = {
  readonly store: Planned
  readonly sinks: readonly Planned[]
  readonly queries: readonly Planned[]
  readonly gateways: readonly Planned[]
}

export type SplitWish = {
  readonly directory: string
  readonly brokers: readonly string[]
  readonly gateways: number
  readonly sinks: number
  readonly queries: number
}

const server = packageFile('dist/server/main.cjs')
const storeServer = packageFile('dist/infra/store/main.cjs')

/** Who runs where. Ports are those that people expect, or free ones where these are taken. */
export async function planSplit({ directory, brokers, gateways, sinks, queries }: SplitWish): Promise<SplitPlan> {
  const spare = await freePorts(gateways + sinks + queries + 1)
  const taken = new Set<number>()
  async function portFrom(usual: number): Promise<number> {
    const port = !taken.has(usual) && (await isFree(usual)) ? usual : spare.pop()!
    taken.add(port)
    return port
  }
  async function plan(name: string, usual: number, program: string[], environment: Record<string, string>) {
    const port = await portFrom(usual)
    const own = { PORT: String(port), HOST: '127.0.0.1', DATA_DIR: `${directory}/${name}` }
    return { name, port, program, environment: { ...environment, ...own } }
  }
  async function several(count: number, role: string, usual: number, environment: Record<string, string>) {
    const planned: Planned[] = []
    for (let n = 1; n <= count; n++) {
      planned.push(await plan(`${role}-${n}`, usual + n - 1, [server, role], { LOG: 'kafka', ...environment }))
    }
    return planned
  }

  const kafka = { KAFKA_BROKERS: brokers.join(',') }
  const asker = 'questions'
  const store = await plan('store', 8123, [storeServer], { STORE_READER_USER: asker })
  const stored = { ...kafka, STORE_URL: `http://127.0.0.1:${store.port}` }
  return {
    store,
    sinks: await several(sinks, 'sink', 7430, stored),
    queries: await several(queries, 'query', 7420, { ...stored, QUERY_STORE_USER: asker }),
    gateways: await several(gateways, 'gateway', 7410, kafka),
  }
}

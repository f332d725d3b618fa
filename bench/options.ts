import { parseArgs } from 'node:util'
import { type Shape, shapes } from './metrics.ts'

/** What is done with the system, in this order. */
export const phaseNames = ['full', 'steady', 'curves'] as const
export type PhaseName = (typeof phaseNames)[number]

const logs = ['embedded', 'kafka'] as const
export type Log = (typeof logs)[number]

/** Whose CPU time can be profiled: the generator's, and that of every process of ours. */
const profiled = ['load', 'server', 'gateway', 'sink', 'query', 'store'] as const

export type IngestOptions = {
  readonly shape: Shape
  readonly log: Log
  /** Of the log in Kafka. */
  readonly partitions: number
  readonly phases: ReadonlySet<PhaseName>
  readonly points: number
  readonly runs: number
  readonly seed: number
  readonly connections: number
  /** Processes that make the load. */
  readonly generators: number
  /** Points a second of the open-loop phase; undefined: half of what the first phase reached. */
  readonly rate: number | undefined
  readonly halfSeconds: number
  /** Blocks of 1 M rows of the raw inserts. */
  readonly rawBlocks: number
  readonly json: string | undefined
  readonly dataDirectory: string | undefined
  readonly keep: boolean
  readonly url: string | undefined
  readonly apiKey: string | undefined
  readonly profiledRoles: ReadonlySet<string>
  readonly profileDirectory: string
}

/** A mistake in the command line: told to the user, exit code 2. */
export class UsageError extends Error {}

export const help = `Usage: npm run bench -- ingest [options]

Starts the system, drives it over WebSocket from another process, waits until every point is queryable, verifies every
stored point, compares with raw inserts of the same data into the same table, and writes the results.

  --shape dense|sparse   10 series x 100 steps a frame, or 100 series x 1 step (default dense)
  --log embedded|kafka   the all-in-one server, or Kafka, store, gateway, sink and query server (default embedded)
  --partitions N         of the log in Kafka (default 4)
  --phases LIST          of full, steady and curves (default all); full alone is quick
  --points N             points of the first phase (default 10000000)
  --json FILE            write the results there
  --runs N               jobs side by side (default ${shapes.dense.runs} dense, ${shapes.sparse.runs} sparse)
  --seed N               every value follows from it (default 1)
  --connections N        WebSocket connections that share the runs (default 8)
  --generators N         processes that make the load and share the connections (default 1)
  --rate N               points/s of the open-loop phase (default half of what the first phase reached)
  --half-seconds N       length of the open-loop phase (default 15)
  --raw-blocks N         of 1 M rows, inserted in each of two orders to compare with (default 20)
  --data-dir DIR         where the system keeps its data (default a temporary directory, removed at the end)
  --keep                 do not remove the temporary directory
  --url URL              use a server that runs already; what needs its disk is left out
  --api-key KEY          sent as Authorization: Bearer
  --cpu-prof ROLES       profiles of load, server, gateway, sink, query, store
  --cpu-prof-dir DIR     where they go, in a folder of each role (default ./profiles)
  --help                 this text

Exit codes: 0 all points stored exactly, 1 not so or the run failed, 2 wrong usage.
`

/** @throws UsageError */
export function parseIngestOptions(args: string[]): IngestOptions {
  const { values } = parse(args)
  const log = oneOf('log', logs, values.log)
  const shape = oneOf('shape', ['dense', 'sparse'] as const, values.shape)
  const phases = severalOf('phases', phaseNames, values.phases)
  if (phases.size === 0) throw new UsageError('--phases must name one phase at least')
  if (phases.has('steady') && !phases.has('full') && values.rate === undefined) {
    throw new UsageError('--rate must be given where no full phase tells what the maximum is')
  }
  const runs = natural('runs', values.runs ?? String(shapes[shape].runs), 1_000_000)
  return {
    shape,
    log,
    runs,
    partitions: natural('partitions', values.partitions, 1_000),
    phases,
    points: natural('points', values.points, 1e11),
    seed: natural('seed', values.seed, 0xffffffff),
    connections: Math.min(natural('connections', values.connections, 100_000), runs),
    generators: natural('generators', values.generators, 64),
    rate: values.rate === undefined ? undefined : natural('rate', values.rate, 1e9),
    halfSeconds: natural('half-seconds', values['half-seconds'], 3_600),
    rawBlocks: natural('raw-blocks', values['raw-blocks'], 20),
    json: values.json,
    dataDirectory: values['data-dir'],
    keep: values.keep,
    url: values.url === undefined ? undefined : httpUrl(values.url),
    apiKey: values['api-key'],
    profiledRoles: severalOf('cpu-prof', profiled, values['cpu-prof']),
    profileDirectory: values['cpu-prof-dir'],
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        shape: { type: 'string', default: 'dense' },
        log: { type: 'string', default: 'embedded' },
        partitions: { type: 'string', default: '4' },
        phases: { type: 'string', default: phaseNames.join() },
        points: { type: 'string', default: '10000000' },
        runs: { type: 'string' },
        seed: { type: 'string', default: '1' },
        connections: { type: 'string', default: '8' },
        generators: { type: 'string', default: '1' },
        rate: { type: 'string' },
        'half-seconds': { type: 'string', default: '15' },
        'raw-blocks': { type: 'string', default: '20' },
        json: { type: 'string' },
        'data-dir': { type: 'string' },
        keep: { type: 'boolean', default: false },
        url: { type: 'string' },
        'api-key': { type: 'string' },
        'cpu-prof': { type: 'string', default: '' },
        'cpu-prof-dir': { type: 'string', default: 'profiles' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** Accepts `50000000`, `50_000_000` and `5e7`. */
function natural(name: string, text: string, largest: number): number {
  const value = Number(text.replaceAll('_', ''))
  if (Number.isInteger(value) && value >= 1 && value <= largest) return value
  throw new UsageError(`--${name} must be a whole number from 1 to ${largest}, not ${text}`)
}

function oneOf<Name extends string>(option: string, names: readonly Name[], text: string): Name {
  const name = names.find((one) => one === text)
  if (name !== undefined) return name
  throw new UsageError(`--${option} must be one of ${names.join(', ')}, not ${text}`)
}

function severalOf<Name extends string>(option: string, names: readonly Name[], text: string): Set<Name> {
  return new Set(text === '' ? [] : text.split(',').map((name) => oneOf(option, names, name)))
}

function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new UsageError(`--url must be an http address, not ${text}`)
}

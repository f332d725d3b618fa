import { parseArgs } from 'node:util'
import { type Shape, shapes } from './metrics.ts'
import { type PeerName, peerNames } from './peers/peers.ts'
import { UsageError } from './usage-error.ts'

/** What is done with the system, in this order. */
export const phaseNames = ['ramp', 'full', 'steady', 'burst', 'curves'] as const
export type PhaseName = (typeof phaseNames)[number]

const logs = ['embedded', 'kafka'] as const
export type Log = (typeof logs)[number]

/** Whose CPU time can be profiled: the generators', and that of every process of ours. */
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
  /** Points a second of the open-loop phases; undefined: half of what the full phase reached. */
  readonly rate: number | undefined
  readonly halfSeconds: number
  /** Blocks of 1 M rows of the raw inserts. */
  readonly rawBlocks: number
  readonly json: string | undefined
  readonly html: string | undefined
  /** Earlier results, and by which part of it a figure may be worse. */
  readonly compare: string | undefined
  readonly tolerance: number
  readonly peers: ReadonlySet<PeerName>
  readonly dataDirectory: string | undefined
  readonly keep: boolean
  readonly url: string | undefined
  readonly framesUrl: string | undefined
  readonly apiKey: string | undefined
  readonly profiledRoles: ReadonlySet<string>
  readonly profileDirectory: string
}

/** @throws UsageError */
export function parseIngestOptions(args: string[]): IngestOptions {
  const { values } = parse(args)
  const shape = oneOf('shape', ['dense', 'sparse'] as const, values.shape)
  const phases = severalOf('phases', phaseNames, values.phases)
  const runs = natural('runs', values.runs ?? String(shapes[shape].runs), 1_000_000)
  const optional = <Value>(text: string | undefined, read: (text: string) => Value) =>
    text === undefined ? undefined : read(text)
  if (phases.size === 0) throw new UsageError('--phases must name one phase at least')
  if (!phases.has('full') && values.rate === undefined && (phases.has('steady') || phases.has('burst'))) {
    throw new UsageError('--rate must be given where no full phase tells what the maximum is')
  }
  if (values['frames-url'] !== undefined && values.url === undefined) {
    throw new UsageError('--frames-url goes with --url, which is where questions are asked')
  }
  return {
    ...{ shape, phases, runs },
    log: oneOf('log', logs, values.log),
    partitions: natural('partitions', values.partitions, 1_000),
    points: natural('points', values.points, 1e11),
    seed: natural('seed', values.seed, 0xffffffff),
    connections: Math.min(natural('connections', values.connections, 100_000), runs),
    generators: natural('generators', values.generators, 64),
    rate: optional(values.rate, (text) => natural('rate', text, 1e9)),
    halfSeconds: natural('half-seconds', values['half-seconds'], 3_600),
    rawBlocks: natural('raw-blocks', values['raw-blocks'], 20),
    json: values.json,
    html: values.html,
    compare: values.compare,
    tolerance: part('tolerance', values.tolerance),
    peers: severalOf('peers', peerNames, values.peers),
    dataDirectory: values['data-dir'],
    keep: values.keep,
    url: optional(values.url, (text) => httpUrl('url', text)),
    framesUrl: optional(values['frames-url'], (text) => httpUrl('frames-url', text)),
    apiKey: values['api-key'],
    profiledRoles: severalOf('cpu-prof', profiled, values['cpu-prof']),
    profileDirectory: values['cpu-prof-dir'],
  }
}

function parse(args: string[]) {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const
  const optional = { type: 'string' } as const
  const options = {
    ...{ shape: text('dense'), log: text('embedded'), partitions: text('4'), phases: text(phaseNames.join()) },
    ...{ points: text('10000000'), runs: optional, seed: text('1'), connections: text('8'), generators: text('1') },
    ...{ rate: optional, 'half-seconds': text('15'), 'raw-blocks': text('20') },
    ...{ json: optional, html: optional, compare: optional, tolerance: text('0.1'), peers: text('') },
    ...{ 'data-dir': optional, keep: { type: 'boolean', default: false } as const },
    ...{ url: optional, 'frames-url': optional, 'api-key': optional },
    ...{ 'cpu-prof': text(''), 'cpu-prof-dir': text('profiles') },
  }
  try {
    return parseArgs({ args, options })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** Accepts `50000000`, `50_000_000` and `5e7`. */
export function natural(name: string, text: string, largest: number): number {
  const value = Number(text.replaceAll('_', ''))
  if (Number.isInteger(value) && value >= 1 && value <= largest) return value
  throw new UsageError(`--${name} must be a whole number from 1 to ${largest}, not ${text}`)
}

/** @throws UsageError */
export function part(name: string, text: string): number {
  const value = Number(text)
  if (text !== '' && value >= 0 && value <= 10) return value
  throw new UsageError(`--${name} must be a number from 0 to 10, such as 0.1, not ${text}`)
}

function oneOf<Name extends string>(option: string, names: readonly Name[], text: string): Name {
  const name = names.find((one) => one === text)
  if (name !== undefined) return name
  throw new UsageError(`--${option} must be one of ${names.join(', ')}, not ${text}`)
}

export function severalOf<Name extends string>(option: string, names: readonly Name[], text: string): Set<Name> {
  return new Set(text === '' ? [] : text.split(',').map((name) => oneOf(option, names, name)))
}

export function httpUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new UsageError(`--${option} must be an http address, not ${text}`)
}

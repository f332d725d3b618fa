import { parseArgs } from 'node:util'
import { httpUrl, natural, part, severalOf } from '../options.ts'
import { UsageError } from '../usage-error.ts'

/** What is asked, in this order. */
export const questionGroups = ['curves', 'chart', 'runs', 'bands', 'export'] as const
export type QuestionGroup = (typeof questionGroups)[number]

export const queryPeers = ['mlflow', 'victoriametrics'] as const
export type QueryPeer = (typeof queryPeers)[number]

export type QueryOptions = {
  /** Of the longest series. */
  readonly points: number
  /** Of the largest project. */
  readonly runs: number
  readonly seed: number
  readonly groups: ReadonlySet<QuestionGroup>
  /** Seconds of each line: of one client, and of several. */
  readonly seconds: number
  /** Clients of the lines with several. */
  readonly clients: number
  /** Whether the lines with ingest beside them are measured. */
  readonly underLoad: boolean
  /** Points a second meanwhile; undefined: a quarter of what the same server took just before. */
  readonly rate: number | undefined
  readonly data: string | undefined
  readonly url: string | undefined
  readonly framesUrl: string | undefined
  readonly apiKey: string | undefined
  readonly peers: ReadonlySet<QueryPeer>
  readonly json: string | undefined
  readonly html: string | undefined
  readonly compare: string | undefined
  readonly tolerance: number
  readonly profiledRoles: ReadonlySet<string>
  readonly profileDirectory: string
}

/** @throws UsageError */
export function parseQueryOptions(args: string[]): QueryOptions {
  const { values } = parse(args)
  const groups = severalOf('questions', questionGroups, values.questions)
  if (groups.size === 0) throw new UsageError('--questions must name one kind at least')
  const optional = <Value>(text: string | undefined, read: (text: string) => Value) =>
    text === undefined ? undefined : read(text)
  if (values['frames-url'] !== undefined && values.url === undefined) {
    throw new UsageError('--frames-url goes with --url, which is where questions are asked')
  }
  if (values.data !== undefined && values.url !== undefined) {
    throw new UsageError('--data is for data that is built here, --url for a server that holds it already')
  }
  const points = natural('points', values.points, 1e10)
  if (points < 1_000) throw new UsageError('--points must be 1000 at least')
  return {
    ...{ points, groups },
    runs: natural('runs', values.runs, 1e7),
    seed: natural('seed', values.seed, 0xffffffff),
    seconds: seconds(values.seconds),
    clients: natural('clients', values.clients, 1_000),
    underLoad: !values['no-load'],
    rate: optional(values.rate, (text) => natural('rate', text, 1e9)),
    data: values.data,
    url: optional(values.url, (text) => httpUrl('url', text)),
    framesUrl: optional(values['frames-url'], (text) => httpUrl('frames-url', text)),
    apiKey: values['api-key'],
    peers: severalOf('peers', queryPeers, values.peers),
    json: values.json,
    html: values.html,
    compare: values.compare,
    tolerance: part('tolerance', values.tolerance),
    profiledRoles: severalOf('cpu-prof', ['server'], values['cpu-prof']),
    profileDirectory: values['cpu-prof-dir'],
  }
}

function seconds(text: string): number {
  const value = Number(text)
  if (value >= 0.1 && value <= 3_600) return value
  throw new UsageError(`--seconds must be a number from 0.1 to 3600, not ${text}`)
}

function parse(args: string[]) {
  const text = (fallback: string) => ({ type: 'string', default: fallback }) as const
  const optional = { type: 'string' } as const
  const options = {
    ...{ points: text('1000000'), runs: text('10000'), seed: text('1'), questions: text(questionGroups.join()) },
    ...{ seconds: text('3'), clients: text('4'), 'no-load': { type: 'boolean', default: false } as const },
    ...{ rate: optional, data: optional, url: optional, 'frames-url': optional, 'api-key': optional },
    ...{ peers: text(''), json: optional, html: optional, compare: optional, tolerance: text('0.1') },
    ...{ 'cpu-prof': text(''), 'cpu-prof-dir': text('profiles') },
  }
  try {
    return parseArgs({ args, options })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

import { parseArgs } from 'node:util'
import { UsageError } from './failures.ts'
import type { NodeKind } from './world.ts'

export const scenarios = [
  ...(['mix', 'kills', 'acks', 'broker-stop', 'store-away', 'rebalance'] as const),
  ...(['clock', 'disk-full', 'disk-slow', 'canaries'] as const),
]
export type Scenario = (typeof scenarios)[number]

const ofSplitWorlds: readonly Scenario[] = ['broker-stop', 'store-away', 'rebalance']

export type Options = {
  readonly log: 'embedded' | 'kafka'
  readonly scenario: Scenario
  readonly points: number
  readonly kills: number
  readonly seed: number
  readonly runs: number
  readonly clients: number
  /** Of the split world. */
  readonly brokers: 1 | 3
  readonly gateways: number
  readonly sinks: number
  readonly partitions: number
  readonly rate: number | undefined
  /** Of scenarios in which something lasts. */
  readonly seconds: number | undefined
  readonly killsOf: Partial<Record<NodeKind, number>>
  readonly ackCuts: number | undefined
  readonly json: string | undefined
  readonly keep: boolean
  readonly verbose: boolean
}

export const help = `Usage: npm run faults -- --log embedded|kafka [options]

Runs real processes under load, breaks them, and compares what is stored with what was sent.

  --log L              embedded: one server with everything; kafka: gateways, sinks, Kafka and a store of their own
  --scenario S         ${scenarios.join(', ')} (default mix)
  --points N           points to send (default 1000000)
  --kills K            processes killed with SIGKILL, over all kinds (default 20)
  --sink-kills N, --gateway-kills N, --store-kills N, --broker-kills N, --query-kills N, --server-kills N
                       kills of one kind; with any of them --kills no longer counts
  --ack-cuts N         acknowledgements cut off after the write, before they reach the client
  --seed S             everything random follows from it (default: a new one, printed)
  --runs R             runs that log side by side (default 1000)
  --clients N          connections and HTTP clients that share them (default 16)
  --brokers 1|3, --gateways N, --sinks N, --partitions N
                       size of the deployment with --log kafka (default 1, 2, 2, 8)
  --rate N             points/s at most (default: as fast as they are taken)
  --seconds N          how long the fault of broker-stop or store-away lasts
  --json FILE          write the results there
  --keep               keep data and logs even when all is well
  --verbose            a line per fault
  --help               this text

Exit codes: 0 nothing lost, doubled or altered; 1 damage found; 2 wrong usage; 3 the harness itself failed.
`

/** @throws UsageError */
export function parseOptions(args: string[]): Options {
  const values = parse(args)
  const log = values.log
  if (log !== 'embedded' && log !== 'kafka') throw new UsageError(`--log must be embedded or kafka, not ${log}`)
  const scenario = scenarios.find((one) => one === values.scenario)
  if (scenario === undefined) throw new UsageError(`--scenario must be one of ${scenarios.join(', ')}`)
  const optional = (name: keyof typeof values & string, most: number) =>
    values[name] === undefined ? undefined : natural(name, String(values[name]), 0, most)
  const kinds: NodeKind[] = ['sink', 'gateway', 'store', 'broker', 'query', 'server']
  const kills = kinds.flatMap((kind): [NodeKind, number][] => {
    const count = optional(`${kind}-kills`, 1e6)
    return count === undefined ? [] : [[kind, count]]
  })
  for (const [kind] of kills) {
    if ((log === 'embedded') !== (kind === 'server')) throw new UsageError(`--log ${log} has no ${kind} to kill`)
  }
  if (log === 'embedded' && ofSplitWorlds.includes(scenario)) {
    throw new UsageError(`--scenario ${scenario} needs --log kafka: it is about processes that embedded has not`)
  }
  return {
    ...{ log, scenario, killsOf: Object.fromEntries(kills) },
    points: natural('points', values.points, 1, 1e10),
    kills: natural('kills', values.kills, 0, 1e6),
    seed: optional('seed', 0xffffffff) ?? Math.floor(Math.random() * 2 ** 31),
    runs: natural('runs', values.runs, 1, 1e6),
    clients: natural('clients', values.clients, 1, 1_000),
    brokers: brokersOf(values.brokers),
    gateways: natural('gateways', values.gateways, 1, 32),
    sinks: natural('sinks', values.sinks, 1, 32),
    partitions: natural('partitions', values.partitions, 1, 1_000),
    rate: optional('rate', 1e9),
    seconds: optional('seconds', 3_600),
    ackCuts: optional('ack-cuts', 1e6),
    json: values.json,
    keep: values.keep,
    verbose: values.verbose,
  }
}

function parse(args: string[]) {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      args,
      options: {
        log: text,
        scenario: { ...text, default: 'mix' },
        points: { ...text, default: '1000000' },
        kills: { ...text, default: '20' },
        runs: { ...text, default: '1000' },
        clients: { ...text, default: '16' },
        brokers: { ...text, default: '1' },
        gateways: { ...text, default: '2' },
        sinks: { ...text, default: '2' },
        partitions: { ...text, default: '8' },
        ...{ seed: text, rate: text, seconds: text, json: text, 'ack-cuts': text },
        ...{ 'sink-kills': text, 'gateway-kills': text, 'store-kills': text },
        ...{ 'broker-kills': text, 'query-kills': text, 'server-kills': text },
        keep: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function brokersOf(text: string): 1 | 3 {
  if (text === '1' || text === '3') return Number(text) as 1 | 3
  throw new UsageError(`--brokers must be 1 or 3, not ${text}`)
}

/** Accepts `10000000`, `10_000_000` and `1e7`. */
function natural(name: string, text: string, least: number, most: number): number {
  const value = Number(text.replaceAll('_', ''))
  if (text !== '' && Number.isInteger(value) && value >= least && value <= most) return value
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not ${text}`)
}

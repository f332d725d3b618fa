import { createRandom } from '../test/random.ts'
import type { Options } from './options.ts'
import { draw } from './plan.ts'
import { drawSchedule, type Mix, noFaults, shareKills } from './schedule.ts'
import { brokerStop, rebalance, storeAway } from './scripts.ts'
import type { TrialOptions } from './trial.ts'
import type { World } from './world.ts'

export type Planned = Pick<TrialOptions, 'spec' | 'clients' | 'rate' | 'schedule' | 'script'>

/** What happens in a scenario, and when. */
export function planScenario(world: World, options: Options): Planned {
  const { seed, runs, points, clients } = options
  const schedule = drawSchedule(world, mixOf(world, options), points, seed)
  const script = scriptOf(options)
  return { spec: { seed, runs, points }, clients, rate: rateOf(options), schedule, ...(script ? { script } : {}) }
}

/** Kills are those of the options; the rest is in proportion to them. */
function mixOf(world: World, options: Options): Mix {
  const { scenario, ackCuts } = options
  const chosen = Object.keys(options.killsOf).length > 0
  const kills = chosen ? options.killsOf : shareKills(world, options.kills, createRandom(draw(options.seed, 1, 71)))
  const total = Object.values(kills).reduce((sum, count) => sum + count, 0)
  const some = (part: number) => Math.ceil(total * part)
  switch (scenario) {
    case 'mix':
      return {
        ...{ kills, stops: some(0.25), sinkChanges: some(0.1), clockSteps: Math.min(6, some(0.05)) },
        cuts: {
          ...{ cut: some(0.2), beforeAnswer: ackCuts ?? some(0.2), afterAnswer: some(0.1) },
          ...{ stall: some(0.1), refuse: some(0.05) },
        },
        ...{ diskFull: Math.min(3, some(0.02)), diskSlow: Math.min(5, some(0.05)) },
      }
    case 'kills':
    case 'canaries':
      return { ...noFaults, kills, cuts: { beforeAnswer: ackCuts ?? 0 } }
    case 'acks':
      return { ...noFaults, cuts: { beforeAnswer: ackCuts ?? 100 }, cutsOf: 'client' }
    case 'clock':
      return { ...noFaults, kills: halved(kills), clockSteps: Math.max(2, total) }
    case 'disk-full':
      return { ...noFaults, kills: halved(kills), diskFull: Math.max(2, some(0.2)) }
    case 'disk-slow':
      return { ...noFaults, kills: halved(kills), diskSlow: Math.max(2, some(0.3)) }
    // One thing at a time is measured here.
    case 'broker-stop':
    case 'store-away':
    case 'rebalance':
      return { ...noFaults, kills: chosen ? kills : {} }
    default:
      return scenario satisfies never
  }
}

function halved(kills: Mix['kills']): Mix['kills'] {
  return Object.fromEntries(Object.entries(kills).map(([kind, count]) => [kind, Math.ceil(count / 2)]))
}

function scriptOf({ scenario, seconds }: Options): TrialOptions['script'] {
  switch (scenario) {
    case 'broker-stop':
      return (stage) => brokerStop(stage, seconds ?? 60)
    case 'store-away':
      return (stage) => storeAway(stage, seconds ?? 20)
    case 'rebalance':
      return rebalance
    default:
      return undefined
  }
}

/** While the store is away the load must go on, so it is spread over more than that time. */
function rateOf({ scenario, points, rate, seconds }: Options): number | undefined {
  if (scenario !== 'store-away') return rate
  return rate ?? Math.ceil(points / ((seconds ?? 20) * 2.5))
}

import { createRandom } from '../test/random.ts'
import type { Options } from './options.ts'
import { draw } from './plan.ts'
import { drawSchedule, type Mix, noFaults, shareKills } from './schedule.ts'
import type { TrialOptions } from './trial.ts'
import type { World } from './world.ts'

export type Planned = Pick<TrialOptions, 'spec' | 'clients' | 'rate' | 'schedule' | 'script'>

/** What happens in a scenario, and when. */
export function planScenario(world: World, options: Options): Planned {
  const { seed, runs, points, clients, rate } = options
  const schedule = drawSchedule(world, mixOf(world, options), points, seed)
  return { spec: { seed, runs, points }, clients, rate, schedule }
}

function mixOf(world: World, options: Options): Mix {
  const chosen = Object.keys(options.killsOf).length > 0
  const kills = chosen
    ? options.killsOf
    : shareKills(world, options.kills, createRandom(draw(options.seed, 1, 71)))
  const total = Object.values(kills).reduce((sum, count) => sum + count, 0)
  const some = (part: number) => Math.ceil(total * part)
  return {
    ...noFaults,
    kills,
    stops: some(0.25),
    cuts: { cut: some(0.2), beforeAnswer: options.ackCuts ?? some(0.2), afterAnswer: some(0.1), stall: some(0.1), refuse: some(0.05) },
    sinkChanges: some(0.1),
    diskFull: Math.min(3, some(0.02)),
    diskSlow: Math.min(5, some(0.05)),
    clockSteps: Math.min(6, some(0.05)),
  }
}

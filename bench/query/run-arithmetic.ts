/**
 * Runs as a leaderboard sees them, made by arithmetic that the store (`runs-data.ts`) and this file do alike: every number is made of whole
 * numbers under 2^53 and single divisions and products of floats, so what the store holds can be recomputed here to the bit.
 */
export const paramCount = 30
export const metricCount = 50

export const prime = 2_147_483_647
/** A number below 2^31 for a run and a slot, the same in SQL. */
export function draw(run: number, slot: number): number {
  const linear = (run * 1_103_515 + slot * 2_654_435 + 12_820_163) % prime
  const mixed = (linear ^ (linear >>> 13)) >>> 0
  return (mixed * 48_271 + slot) % prime
}
const uniform = (run: number, slot: number) => draw(run, slot) / prime

/** Some values, one of which each run has. */
type Choice = { readonly name: string; readonly choices: readonly (string | number | boolean)[] }
/** A number `draw % count / divisor`, that runs with `draw % oneIn > 0` do not have. */
type Drawn = { readonly name: string; readonly count: number; readonly divisor: number; readonly oneIn?: number }
/** A text of its own for nearly every run. */
type Unique = { readonly name: string; readonly prefix: string }
export type Param = Choice | Drawn | Unique

const listed = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)

/** The n-th param draws from slot n. */
export const params: readonly Param[] = [
  { name: 'lr', choices: [0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 1] },
  { name: 'batch_size', choices: [16, 32, 64, 128, 256, 512] },
  { name: 'optimizer', choices: ['adam', 'adamw', 'sgd', 'lion'] },
  { name: 'model', choices: listed('model-', 20) },
  { name: 'dataset', choices: listed('dataset-', 8) },
  { name: 'dropout', count: 51, divisor: 100 },
  { name: 'seed', count: prime, divisor: 1 },
  { name: 'weight_decay', count: 100_000, divisor: 1_000_000 },
  { name: 'layers', count: 47, divisor: 1 },
  { name: 'hidden', choices: [128, 256, 512, 1024, 2048] },
  { name: 'amp', choices: [true, false] },
  { name: 'commit', prefix: 'c' },
  { name: 'resumed', count: 2, divisor: 1, oneIn: 3 },
  ...Array.from({ length: 9 }, (_, i): Param => ({ name: `text${i}`, choices: listed(`value-${i}-`, 2 ** (i + 1)) })),
  ...Array.from({ length: 8 }, (_, i): Param => ({ name: `number${i}`, count: 3 ** (i + 1), divisor: 8 })),
]

/** Slots behind those of the params. */
export const slots = { state: 40, team: 41, priority: 42, updated: 43, metrics: 1000 } as const
export const teams = listed('team-', 12)
export const priorities = ['low', 'normal', 'high'] as const
export const states = [
  'finished',
  'finished',
  'finished',
  'finished',
  'finished',
  'finished',
  'running',
  'failed',
  'killed',
]

export const metrics: readonly string[] = ['train/loss', 'val/loss', 'val/accuracy'].concat(
  Array.from({ length: metricCount - 3 }, (_, i) => `metric/${String(i + 3).padStart(2, '0')}`),
)

export const firstCreatedMs = 1_700_000_000_000

export type RunRow = {
  readonly run: string
  readonly name: string
  readonly state: string
  readonly createdMs: number
  readonly updatedMs: number
  readonly params: ReadonlyMap<string, string | number | boolean>
  readonly tags: ReadonlyMap<string, string>
}

/** The n-th run, n from 0. */
export function runRow(run: number): RunRow {
  const createdMs = firstCreatedMs + run * 1_000
  const model = (params[3] as Choice).choices[draw(run, 3) % 20]
  const entries = params.flatMap((param, slot): [string, string | number | boolean][] => {
    const value = paramValue(param, run, slot)
    return value === undefined ? [] : [[param.name, value]]
  })
  const tags = new Map([['team', teams[draw(run, slots.team) % teams.length]!]])
  if (draw(run, slots.priority) % 2 === 0) tags.set('priority', priorities[draw(run, slots.priority) % 3]!)
  return {
    run: runName(run),
    name: `${model} #${run}`,
    state: states[draw(run, slots.state) % states.length]!,
    createdMs,
    updatedMs: createdMs + (draw(run, slots.updated) % 86_400_000),
    params: new Map(entries),
    tags,
  }
}

export const runName = (run: number) => `run-${String(run).padStart(7, '0')}`

function paramValue(param: Param, run: number, slot: number): string | number | boolean | undefined {
  const drawn = draw(run, slot)
  if ('choices' in param) return param.choices[drawn % param.choices.length]
  if ('prefix' in param) return `${param.prefix}${drawn}`
  return param.oneIn !== undefined && drawn % param.oneIn > 0 ? undefined : (drawn % param.count) / param.divisor
}

export type Summary = {
  readonly count: number
  readonly lastStep: number
  readonly last: number
  readonly min: number
  readonly minStep: number
  readonly max: number
  readonly maxStep: number
  readonly nan: number
}

/** The summary of the n-th run's m-th metric. One run in 128 ended on NaN. First step 0; the only NaN is the last point. */
export function summaryOf(run: number, metric: number): Summary {
  const slot = slots.metrics + metric * 3
  const [a, b, c] = [uniform(run, slot), uniform(run, slot + 1), draw(run, slot + 2)]
  const count = 100 + (c % 900)
  const ended = c % 128 === 0
  return {
    count,
    lastStep: count - 1,
    last: ended ? Number.NaN : a,
    min: a * b,
    minStep: c % 100,
    max: a + b,
    maxStep: c % 50,
    nan: ended ? 1 : 0,
  }
}

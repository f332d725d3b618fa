import { limits } from '../../schema/limits.ts'

/**
 * Runs as a leaderboard sees them, made by arithmetic that the store and this file do alike: every number below is made of whole numbers
 * under 2^53 and single divisions and products of floats, so what the store holds can be recomputed here to the bit.
 * Rows go straight into the tables by INSERT … SELECT; there are no points behind the summaries.
 */
export type RunsData = {
  readonly project: string
  readonly runs: number
}

export const paramCount = 30
export const metricCount = 50

/** What the builder needs of a store. */
export type Commands = { command(sql: string): Promise<void> }

/** Rows of one INSERT, about. */
const rowsPerInsert = 1_000_000

const prime = 2_147_483_647
/** A number below 2^31 for a run and a slot, the same in SQL. */
export function draw(run: number, slot: number): number {
  const linear = (run * 1_103_515 + slot * 2_654_435 + 12_820_163) % prime
  const mixed = (linear ^ (linear >>> 13)) >>> 0
  return (mixed * 48_271 + slot) % prime
}
const drawSql = (slot: string): string => {
  const linear = `(toUInt64(r) * 1103515 + ${slot} * 2654435 + 12820163) % ${prime}`
  return `((bitXor(${linear}, bitShiftRight(${linear}, 13)) * 48271 + ${slot}) % ${prime})`
}
/** The same where a subquery has drawn the slots of the params and those behind them. */
const drawnSql = (slot: number) => `drawn[${slot + 1}]`
const uniform = (run: number, slot: number) => draw(run, slot) / prime
const uniformSql = (slot: string) => `(${drawSql(slot)} / ${prime})`

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
const slots = { state: 40, team: 41, priority: 42, updated: 43, metrics: 1000 } as const
export const teams = listed('team-', 12)
export const priorities = ['low', 'normal', 'high'] as const
const states = ['finished', 'finished', 'finished', 'finished', 'finished', 'finished', 'running', 'failed', 'killed']

export const metrics: readonly string[] = ['train/loss', 'val/loss', 'val/accuracy'].concat(
  Array.from({ length: metricCount - 3 }, (_, i) => `metric/${String(i + 3).padStart(2, '0')}`),
)

const firstCreatedMs = 1_700_000_000_000

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

const text = (value: string) => `'${value}'`
const list = (items: readonly string[]) => `[${items.map(text).join(',')}]`
const runSql = "concat('run-', leftPad(toString(r), 7, '0'))"
const keyOf = (...parts: string[]) => `reinterpretAsUInt64(substring(SHA256(concat(${parts.join(', ')})), 1, 8))`

/** The value of a param as text, as JSON writes it, and whether the run has it. */
function paramSql(param: Param, slot: number): { text: string; has: string; json: string; numeric: boolean } {
  const drawn = drawnSql(slot)
  if ('prefix' in param) {
    const value = `concat('${param.prefix}', toString(${drawn}))`
    return { text: value, has: '1', json: `concat('"', ${value}, '"')`, numeric: false }
  }
  if ('choices' in param) {
    const numeric = typeof param.choices[0] !== 'string'
    const value = `${list(param.choices.map(String))}[${drawn} % ${param.choices.length} + 1]`
    return { text: value, has: '1', json: numeric ? value : `concat('"', ${value}, '"')`, numeric }
  }
  const value = `toString((${drawn} % ${param.count}) / ${param.divisor})`
  const has = param.oneIn === undefined ? '1' : `${drawn} % ${param.oneIn} = 0`
  return { text: value, has, json: value, numeric: true }
}

/** Rows `from` up to `to` of the table `runs`, version 1. */
function runsSql(data: RunsData, from: number, to: number): string {
  const made = params.map(paramSql)
  const entry = (slot: number, value: string) => `if(${made[slot]!.has}, [(${text(params[slot]!.name)}, ${value})], [])`
  const entries = (pick: (one: (typeof made)[number]) => string, those: (one: (typeof made)[number]) => boolean) =>
    `arrayConcat(${made.flatMap((one, slot) => (those(one) ? [entry(slot, pick(one))] : [])).join(', ')})`
  const number = (one: (typeof made)[number]) =>
    `if(${one.text} IN ('true', 'false'), toFloat64(${one.text} = 'true'), toFloat64OrZero(${one.text}))`
  const texts = entries(
    (one) => one.text,
    () => true,
  )
  const json = made.map(
    (one, slot) => `if(${one.has}, [concat('"${params[slot]!.name}":', ${one.json})], CAST([], 'Array(String)'))`,
  )
  const priority = drawnSql(slots.priority)
  const tags = `mapFromArrays(if(${priority} % 2 = 0, ['team', 'priority'], ['team']),
    if(${priority} % 2 = 0, [${list(teams)}[${drawnSql(slots.team)} % ${teams.length} + 1], ${list(priorities)}[${priority} % 3 + 1]],
      [${list(teams)}[${drawnSql(slots.team)} % ${teams.length} + 1]]))`
  const time = (ms: string) => `fromUnixTimestamp64Milli(toInt64(${ms}), 'UTC')`
  const created = `${firstCreatedMs} + r * 1000`
  return `INSERT INTO runs SELECT ${text(data.project)}, ${runSql} AS id, ${keyOf(text(data.project), 'char(0)', 'id')},
    concat(${made[3]!.text}, ' #', toString(r)), ${list(states)}[${drawnSql(slots.state)} % ${states.length} + 1],
    ${time(created)}, ${time(`${created} + ${drawnSql(slots.updated)} % 86400000`)},
    concat('{', arrayStringConcat(arrayConcat(${json.join(', ')}), ','), '}'),
    CAST(${texts}, 'Map(String, String)'), CAST(${entries(number, (one) => one.numeric)}, 'Map(String, Float64)'), ${tags}, 1
  FROM (SELECT number AS r, arrayMap(slot -> ${drawSql('slot')}, range(44)) AS drawn FROM numbers(${from}, ${to - from}))`
}

/** The summaries of those runs, in the order of the primary key. */
function seriesSql(data: RunsData, from: number, to: number): string {
  const slot = (n: number) => `(${slots.metrics} + m * 3 + ${n})`
  return `INSERT INTO series SELECT ${text(data.project)}, ${runSql} AS id, ${list(metrics)}[m + 1] AS name,
    ${keyOf(text(data.project), 'char(0)', 'id')}, [${metrics.map((name) => keyOf(text(name), "''")).join(', ')}][m + 1],
    100 + c % 900 AS points, 0, points - 1, toDateTime64('2024-01-01 00:00:00', 3, 'UTC'), if(c % 128 = 0, nan, a), a * b, c % 100,
    a + b, c % 50, c % 128 = 0, 0, 0, if(c % 128 = 0, points - 1, NULL), 0, 1
  FROM (SELECT number AS r, toUInt64(arrayJoin(range(${metricCount}))) AS m, ${uniformSql(slot(0))} AS a, ${uniformSql(slot(1))} AS b,
    ${drawSql(slot(2))} AS c FROM numbers(${from}, ${to - from}))`
}

function stateSql(data: RunsData, from: number, to: number): string {
  return `INSERT INTO run_state SELECT ${text(data.project)}, ${runSql} AS id, ${keyOf(text(data.project), 'char(0)', 'id')},
    0, 1, 0, ${metricCount}, fromUnixTimestamp64Milli(toInt64(${firstCreatedMs} + r * 1000), 'UTC'), '[]', 1
  FROM (SELECT number AS r FROM numbers(${from}, ${to - from}))`
}

/**
 * Puts the runs into the store: rows of `runs`, `series` and `run_state`.
 * @param onProgress told after each insert how many runs are there
 */
export async function buildRuns(
  store: Commands,
  data: RunsData,
  onProgress: (runs: number) => void = () => {},
): Promise<void> {
  if (data.project.length > limits.projectCharacters || /['\\]/.test(data.project))
    throw new Error('a plain name, please')
  const step = Math.floor(rowsPerInsert / metricCount)
  for (let from = 0; from < data.runs; from += step) {
    const to = Math.min(from + step, data.runs)
    await store.command(runsSql(data, from, to))
    await store.command(seriesSql(data, from, to))
    await store.command(stateSql(data, from, to))
    onProgress(to)
  }
}

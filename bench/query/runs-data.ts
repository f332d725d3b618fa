import { limits } from '../../schema/limits.ts'
import {
  firstCreatedMs,
  metricCount,
  metrics,
  type Param,
  params,
  prime,
  priorities,
  slots,
  states,
  teams,
} from './run-arithmetic.ts'

export * from './run-arithmetic.ts'

/** Runs straight into the tables by INSERT … SELECT; there are no points behind their summaries. */
export type RunsData = {
  readonly project: string
  readonly runs: number
}

/** What the builder needs of a store. */
export type Commands = { command(sql: string): Promise<void> }

/** Rows of one INSERT, about. */
const rowsPerInsert = 1_000_000

/** `draw`: r is the run. */
const drawSql = (slot: string): string => {
  const linear = `(toUInt64(r) * 1103515 + ${slot} * 2654435 + 12820163) % ${prime}`
  return `((bitXor(${linear}, bitShiftRight(${linear}, 13)) * 48271 + ${slot}) % ${prime})`
}
/** The same where a subquery has drawn the slots of the params and those behind them. */
const drawnSql = (slot: number) => `drawn[${slot + 1}]`
const uniformSql = (slot: string) => `(${drawSql(slot)} / ${prime})`
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

const summarySlot = (n: number) => `(${slots.metrics} + m * 3 + ${n})`
/** What a summary is made of: run r, metric m, and its draws. */
const drawnSummaries = (from: number, to: number) =>
  `SELECT number AS r, toUInt64(arrayJoin(range(${metricCount}))) AS m, ${uniformSql(summarySlot(0))} AS a, ${uniformSql(summarySlot(1))} AS b,
    ${drawSql(summarySlot(2))} AS c FROM numbers(${from}, ${to - from})`

/** The summaries of those runs, in the order of the primary key. */
function seriesSql(data: RunsData, from: number, to: number): string {
  return `INSERT INTO series SELECT ${text(data.project)}, ${runSql} AS id, ${list(metrics)}[m + 1] AS name,
    ${keyOf(text(data.project), 'char(0)', 'id')}, [${metrics.map((name) => keyOf(text(name), "''")).join(', ')}][m + 1],
    100 + c % 900 AS points, 0, points - 1, toDateTime64('2024-01-01 00:00:00', 3, 'UTC'), if(c % 128 = 0, nan, a), a * b, c % 100,
    a + b, c % 50, c % 128 = 0, 0, 0, if(c % 128 = 0, points - 1, NULL), 0, 1
  FROM (${drawnSummaries(from, to)})`
}

/** The same by metric, as the sink stores them: first. */
function figuresSql(data: RunsData, from: number, to: number): string {
  return `INSERT INTO metric_figures SELECT ${text(data.project)}, [${metrics.map((name) => keyOf(text(name), "''")).join(', ')}][m + 1],
    ${keyOf(text(data.project), 'char(0)', runSql)}, 100 + c % 900 AS points, 0, points - 1, if(c % 128 = 0, nan, a), a * b, c % 100,
    a + b, c % 50, c % 128 = 0, if(c % 128 = 0, points - 1, 0), 1
  FROM (${drawnSummaries(from, to)})`
}

function stateSql(data: RunsData, from: number, to: number): string {
  return `INSERT INTO run_state SELECT ${text(data.project)}, ${runSql} AS id, ${keyOf(text(data.project), 'char(0)', 'id')},
    0, 1, 0, ${metricCount}, fromUnixTimestamp64Milli(toInt64(${firstCreatedMs} + r * 1000), 'UTC'), '[]', 1
  FROM (SELECT number AS r FROM numbers(${from}, ${to - from}))`
}

/**
 * Puts the runs into the store: rows of `runs`, `series`, `metric_figures` and `run_state`.
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
    await store.command(figuresSql(data, from, to))
    await store.command(seriesSql(data, from, to))
    await store.command(stateSql(data, from, to))
    onProgress(to)
  }
}

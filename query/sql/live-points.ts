import { type Binder, createBinder, type Statement } from './text.ts'

/** Series, pair by pair, and which of their points: by order in the log and by step, both bounds included. */
export type LiveStretch = {
  readonly runs: readonly bigint[]
  readonly metrics: readonly bigint[]
  readonly fromOrd: number
  readonly toOrd: number
  readonly fromStep: number
  readonly toStep: number
}

/**
 * Points as they were logged, in the order of `run, metric, step, ord`, which are its columns beside `code`; at most `rows`. What is new is found by
 * `ord`: parts that have nothing new are left out by what the store keeps of each, and in the others only the granules of the series are read.
 */
export function livePoints(stretches: readonly LiveStretch[], rows: number): Statement {
  const binder = createBinder()
  const branches = stretches.map(
    (stretch) => `SELECT run, metric, step, ord, code FROM points WHERE ${within(stretch, binder)}`,
  )
  const from = branches.length === 1 ? branches[0] : `SELECT * FROM (${branches.join('\nUNION ALL\n')})`
  const sql = `${from}
ORDER BY run, metric, step, ord
LIMIT ${binder.bind('UInt32', rows)}`
  return { sql, parameters: binder.parameters }
}

/** The lowest step of each series among the points: `run, metric, firstStep`. */
export function liveFirstSteps(stretch: LiveStretch): Statement {
  const binder = createBinder()
  const sql = `SELECT run, metric, min(step) AS firstStep FROM points WHERE ${within(stretch, binder)} GROUP BY run, metric`
  return { sql, parameters: binder.parameters }
}

function within(stretch: LiveStretch, { bind }: Binder): string {
  const { runs, metrics, fromOrd, toOrd, fromStep, toStep } = stretch
  const ord = (value: number) => bind('Int64', value)
  return `(run, metric) IN (arrayZip(${bind('Array(UInt64)', runs)}, ${bind('Array(UInt64)', metrics)}))
  AND ord BETWEEN ${ord(fromOrd)} AND ${ord(toOrd)}
  AND step BETWEEN ${bind('Int64', fromStep)} AND ${bind('Int64', toStep)}`
}

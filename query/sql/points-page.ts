import { timesColumn } from './series-points.ts'
import { createBinder, type Statement } from './text.ts'

/** A point's place in its series: no two have the same. */
export type PointPlace = { readonly step: number; readonly ord: bigint }

export type PageQuestion = {
  readonly run: bigint
  readonly metric: bigint
  readonly fromStep: number
  readonly toStep: number
  /** Only points behind this one. */
  readonly after: PointPlace | undefined
  readonly times: boolean
  readonly rows: number
}

/** The next points of one series in the order of step, then of logging: `steps, codes, ord`, and `times` if asked for. Stops at `rows`. */
export function pointsPage(question: PageQuestion): Statement {
  const { parameters, bind } = createBinder()
  const { after } = question
  const from = after ? Math.max(question.fromStep, after.step) : question.fromStep
  const behind = after ? `AND (step > ${bind('Int64', after.step)} OR ord > ${bind('UInt64', after.ord)})` : ''
  const sql = `
SELECT step AS steps, code AS codes, ord${timesColumn(question.times)}
FROM points
WHERE run = ${bind('UInt64', question.run)} AND metric = ${bind('UInt64', question.metric)}
  AND step BETWEEN ${bind('Int64', from)} AND ${bind('Int64', question.toStep)} ${behind}
ORDER BY run, metric, step, ord
LIMIT ${bind('UInt32', question.rows)}`
  return { sql, parameters }
}

import { metricKey } from '../schema/keys.ts'
import { epochMs, type FramePoints, frameMs } from './frame.ts'
import { fates, type LaneLedger } from './ledger.ts'
import { bitsOf, bitsSql } from './summary.ts'
import { note, type Verdict } from './verdict.ts'

export type Sql = <T>(statement: string) => Promise<T[]>
/** Named unlike the columns, which an alias of the same name would hide. */
type PointRow = { frame: string; metric_key: string; at_step: string; ms: string; bits: string }

/** The number of a stored point's frame, in SQL. */
export const frameSql = `toInt64(floor((toUnixTimestamp64Milli(time) - ${epochMs}) / ${frameMs}))`

/** All stored points of some frames of a run, by frame. */
export async function readFrames(
  sql: Sql,
  runKey: bigint,
  frames: readonly number[],
): Promise<Map<number, PointRow[]>> {
  const found = new Map<number, PointRow[]>()
  const rows = await sql<PointRow>(`
    SELECT toString(${frameSql}) AS frame, toString(metric) AS metric_key, toString(step) AS at_step,
      toString(toUnixTimestamp64Milli(time)) AS ms, toString(${bitsSql('value')}) AS bits
    FROM point_values WHERE run = ${runKey} AND ${frameSql} IN (${frames.join()}) ORDER BY metric, step, ord`)
  for (const row of rows) {
    const number = Number(row.frame)
    const list = found.get(number)
    if (list) list.push(row)
    else found.set(number, [row])
  }
  return found
}

/** Compares a frame's stored points with what was sent, one by one, and tells each that is wrong. */
export function compareFrame(
  verdict: Verdict,
  of: LaneLedger,
  seq: number,
  frame: FramePoints,
  rows: readonly PointRow[],
): void {
  const { lane } = of
  const { run, stride } = lane
  const unexplained = new Map<string, PointRow[]>()
  for (const row of rows) {
    const key = `${row.metric_key} ${row.ms}`
    unexplained.set(key, [...(unexplained.get(key) ?? []), row])
  }
  lane.shape.metrics.forEach((metric, m) => {
    const key = metricKey(metric)
    for (let i = 0; i < frame.count; i++) {
      const step = frame.firstStep + i * stride
      const time = frame.firstTimeMs + i
      const value = frame.values[m * frame.count + i]!
      const found = unexplained.get(`${key} ${time}`) ?? []
      unexplained.delete(`${key} ${time}`)
      const expected = `${value} at ${time} (seq ${seq}, ${of.fate[seq] === fates.acked ? 'acknowledged' : 'given up on'})`
      const place = { run, metric, step, expected }
      const right = found.filter((row) => row.at_step === String(step) && row.bits === bitsOf(value))
      const wrong = found.filter((row) => !right.includes(row))
      if (found.length === 0) {
        verdict.missing++
        note(verdict, { what: 'missing', ...place, found: 'nothing' })
      }
      if (right.length > 1) {
        verdict.duplicated += right.length - 1
        note(verdict, { what: 'duplicated', ...place, found: `it ${right.length} times` })
      }
      for (const row of wrong) {
        verdict.mismatched++
        note(verdict, { what: 'mismatched', ...place, found: `bits ${row.bits} at step ${row.at_step}` })
      }
    }
  })
  for (const row of [...unexplained.values()].flat()) noteUnsent(verdict, run, row)
}

export function noteUnsent(verdict: Verdict, run: string, row: PointRow): void {
  verdict.unsent++
  const found = `bits ${row.bits} at ${row.ms} of the metric with the key ${row.metric_key}`
  note(verdict, { what: 'unsent', run, step: Number(row.at_step), expected: 'nothing', found })
}

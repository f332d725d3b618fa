import { createBatcher } from '../batch.ts'
import type { Points } from '../reduce/buckets.ts'
import type { Repeated } from '../reduce/repeated.ts'
import { bySeries, seriesId } from '../series-reads.ts'
import { pointTimes } from '../sql/point-times.ts'
import { ask, numbers, values } from '../sql/read.ts'
import type { Reading } from './budget.ts'
import { cut } from './columns.ts'

/** Points of a series that were really logged, in the order of steps. */
export type TimesRequest = { readonly run: bigint; readonly metric: bigint; readonly points: Points }

/** Ms since 1970 for each of the points. */
export type TimeReader = (request: TimesRequest) => Promise<Float64Array>

/** Points of one question to the store: the text of their steps may be 256 KiB. */
const pointsPerQuestion = 10_000

/** Looks up when points of reduced curves were logged; those of all series that are asked for at once go together. */
export function createTimeReader({ reader, readOptions, budget }: Reading, repeated: Repeated): TimeReader {
  return createBatcher(async (requests: readonly TimesRequest[]) => {
    budget.lookUp(requests.reduce((sum, { points }) => sum + points.steps.length, 0))
    const times = requests.map(({ points }) => new Float64Array(points.steps.length).fill(Number.NaN))
    for (const pieces of questionsOf(requests)) {
      const answer = await ask(reader, pointTimes({ ...namesOf(requests, pieces), repeated }), readOptions)
      const all = {
        steps: numbers(answer, 'steps'),
        values: values(answer, 'codes'),
        times: numbers(answer, 'times'),
      }
      const found = bySeries(answer, (from, to) => cut(all, from, to))
      for (const { request, from, to } of pieces) {
        const { run, metric, points } = requests[request]!
        const rows = found.get(seriesId(run, metric))
        if (rows) fill(times[request]!.subarray(from, to), cut(points, from, to), rows)
      }
    }
    return times
  })
}

/** Points `from` up to `to` of one of the requests. */
type Piece = { readonly request: number; readonly from: number; readonly to: number }

/** The requests' points in portions that one question can hold. */
function questionsOf(requests: readonly TimesRequest[]): Piece[][] {
  const questions: Piece[][] = []
  let [pieces, room]: [Piece[], number] = [[], 0]
  for (const [request, { points }] of requests.entries()) {
    for (let from = 0; from < points.steps.length; ) {
      if (room === 0) {
        pieces = []
        questions.push(pieces)
        room = pointsPerQuestion
      }
      const to = Math.min(points.steps.length, from + room)
      pieces.push({ request, from, to })
      room -= to - from
      from = to
    }
  }
  return questions
}

function namesOf(requests: readonly TimesRequest[], pieces: readonly Piece[]) {
  const [series, steps]: [number[], number[]] = [[], []]
  for (const [i, { request, from, to }] of pieces.entries()) {
    for (let row = from; row < to; row++) {
      series.push(i + 1)
      steps.push(requests[request]!.points.steps[row]!)
    }
  }
  const of = pieces.map(({ request }) => requests[request]!)
  return { runs: of.map(({ run }) => run), metrics: of.map(({ metric }) => metric), series, steps }
}

/** Of each point the time of the row of its step and value, or of its step where none has its value; both come in the order of steps. */
function fill(times: Float64Array, { steps, values }: Points, rows: Points & { readonly times: Float64Array }): void {
  let first = 0
  for (let i = 0; i < times.length; i++) {
    while (first < rows.steps.length && rows.steps[first]! < steps[i]!) first++
    if (rows.steps[first] !== steps[i]) continue
    let row = first
    while (rows.steps[row] === steps[i] && !Object.is(rows.values[row], values[i])) row++
    times[i] = rows.times[rows.steps[row] === steps[i] ? row : first]!
  }
}

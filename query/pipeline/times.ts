import { limits } from '../../schema/limits.ts'
import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { createBatcher } from '../batch.ts'
import { failure } from '../failures.ts'
import type { Points } from '../reduce/buckets.ts'
import type { Repeated } from '../reduce/repeated.ts'
import { pointTimes } from '../sql/point-times.ts'
import { ask, integers, numbers } from '../sql/read.ts'
import { seriesKey } from './pages.ts'

/** Points of a series that were really logged, in the order of steps. */
export type TimesRequest = { readonly run: bigint; readonly metric: bigint; readonly points: Points }

/** Ms since 1970 for each of the points. */
export type TimeReader = (request: TimesRequest) => Promise<Float64Array>

/** Points of one question to the store: its text may be 256 KiB. */
const pointsPerQuestion = 5_000

/** Looks up when points of reduced curves were logged; those of all series that are asked for at once go together. */
export function createTimeReader(reader: StoreReader, repeated: Repeated, options: ReadOptions): TimeReader {
  return createBatcher(async (requests: readonly TimesRequest[]) => {
    const total = requests.reduce((sum, { points }) => sum + points.steps.length, 0)
    if (total > limits.timesLookedUp) {
      throw failure(
        'TOO_COSTLY',
        `times of ${total} points would have to be looked up; at most ${limits.timesLookedUp} are: ask for fewer buckets or series, or leave out the times`,
      )
    }
    const found = new Map<string, Found>()
    for (const rows of questionsOf(requests)) {
      const answer = await ask(reader, pointTimes({ ...rows, repeated }), options)
      const [runs, metrics] = [integers(answer, 'run'), integers(answer, 'metric')]
      const [steps, values, times] = [numbers(answer, 'steps'), numbers(answer, 'values'), numbers(answer, 'times')]
      for (let row = 0; row < answer.rows; row++) {
        const key = `${seriesKey(runs[row]!, metrics[row]!)}/${steps[row]}`
        const same = found.get(key)
        if (same) same.push([values[row]!, times[row]!])
        else found.set(key, [[values[row]!, times[row]!]])
      }
    }
    return requests.map(({ run, metric, points: { steps, values } }) => {
      const timeOf = (step: number, row: number) => {
        const rows = found.get(`${seriesKey(run, metric)}/${step}`) ?? []
        return (rows.find(([value]) => Object.is(value, values[row])) ?? rows[0])?.[1] ?? Number.NaN
      }
      return steps.map(timeOf)
    })
  })
}

/** Values and times of the points of one step. */
type Found = (readonly [value: number, time: number])[]

function questionsOf(requests: readonly TimesRequest[]) {
  const all = requests.flatMap(({ run, metric, points }) => Array.from(points.steps, (step) => ({ run, metric, step })))
  const questions = []
  for (let from = 0; from < all.length; from += pointsPerQuestion) {
    const some = all.slice(from, from + pointsPerQuestion)
    questions.push({
      ...{ runs: some.map(({ run }) => run), metrics: some.map(({ metric }) => metric) },
      steps: some.map(({ step }) => step),
    })
  }
  return questions
}

import { setTimeout as sleep } from 'node:timers/promises'
import { fillValues } from './curves.ts'
import { blocksOf, type Dataset, runId } from './dataset.ts'
import { type Questioner, Unanswered, valueText } from './questions.ts'

/** The token covers all connections; what is asked besides shows that it does what it says. */
const mostQuestions = 16

/**
 * Resolves once every point up to the token `at` is queryable: for connections one question each about a series of the last
 * run it wrote, answered with everything up to the token, so ending with the last point sent.
 */
export async function untilQueryable(
  questions: Questioner,
  dataset: Dataset,
  connections: number,
  at: string,
): Promise<void> {
  const runs = Array.from(
    { length: Math.min(connections, mostQuestions) },
    (_, index) => Math.min(dataset.runs, dataset.frames) - 1 - index,
  )
  await Promise.all(runs.filter((run) => run >= 0).map((run) => checkEnd(questions, dataset, run, at)))
}

async function checkEnd(questions: Questioner, dataset: Dataset, run: number, at: string): Promise<void> {
  const lastStep = blocksOf(dataset, run) * dataset.stepsPerFrame - 1
  const metrics = [dataset.metrics[0]!.name]
  const input = { project: dataset.project, runs: [runId(run)], metrics, at, fromStep: lastStep }
  const [series] = await patiently(() => questions.series(input))
  const values = new Float64Array(dataset.metrics.length)
  fillValues(dataset.curves, run, lastStep, 1, values)
  const found = `${series?.steps} ${series?.values}`
  const wanted = `${lastStep} ${valueText(values[0]!)}`
  if (found !== wanted) {
    throw new Error(`${runId(run)} ends with ${found} instead of ${wanted}, though "at" asks for everything`)
  }
}

const patienceMs = 600_000

/** A server that is far behind says so after its own time limit (retryable); asking on is what waiting means. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Unanswered && error.retryable) || performance.now() > deadline) throw error
      await sleep(100)
    }
  }
}

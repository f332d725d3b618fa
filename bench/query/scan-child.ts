import { createProgress } from '../progress.ts'
import { openStoppedStore } from '../store.ts'
import type { QuestionGroup } from './options.ts'
import { makePlan, type PlanSpec } from './plan.ts'
import type { Scan } from './question.ts'
import { questionsOf } from './questions.ts'

export type ScanJob = {
  readonly dataDirectory: string
  readonly spec: PlanSpec
  readonly groups: readonly QuestionGroup[]
}
/** Ms by the question's id: of several statements the mean. */
export type ScanAnswer = { readonly milliseconds: Readonly<Record<string, number>>; readonly engine: string }

/** A statement is repeated so often, unless that takes too long; the quickest counts, which is the kindest to it. */
const repeats = 3
const longestMs = 4_000

/** Plain scans in the store of a server that has stopped or not begun: one data folder belongs to one process. */
process.once('message', async ({ dataDirectory, spec, groups }: ScanJob) => {
  const progress = createProgress(process.stderr)
  const store = await openStoppedStore(dataDirectory)
  const milliseconds: Record<string, number> = {}
  const known = new Map<string, number>()
  for (const { id, question, scans } of questionsOf(makePlan(spec), new Set(groups))) {
    progress.update(`plain scan: ${question}`)
    const key = JSON.stringify(scans, (_, value) => (typeof value === 'bigint' ? String(value) : value))
    const found = known.get(key) ?? (await meanOf(scans, quickest))
    known.set(key, found)
    if (scans.length > 0) milliseconds[id] = found
  }
  const [version] = await store.reader.rows<{ engine: string }>('SELECT version() AS engine')
  await store.close()
  const answer: ScanAnswer = { milliseconds, engine: version?.engine ?? 'unknown' }
  process.send?.(answer, () => process.disconnect())

  async function quickest({ sql, parameters }: Scan): Promise<number> {
    const began = performance.now()
    let best = Number.POSITIVE_INFINITY
    for (let i = 0; i < repeats && (i === 0 || performance.now() - began < longestMs); i++) {
      const begin = performance.now()
      await store.reader.columns(sql, parameters)
      best = Math.min(best, performance.now() - begin)
    }
    return best
  }
})

async function meanOf(scans: readonly Scan[], measure: (scan: Scan) => Promise<number>): Promise<number> {
  let sum = 0
  for (const scan of scans) sum += await measure(scan)
  return sum / scans.length
}

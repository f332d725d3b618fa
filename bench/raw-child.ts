import type { Shape } from './metrics.ts'
import { measureRaw, type RawResult } from './raw.ts'
import { openStoppedStore } from './store.ts'

export type RawJob = {
  readonly dataDirectory: string
  readonly shape: Shape
  readonly seed: number
  readonly blocks: number
}

/** Both orders of rows, each on its own; the faster one is the baseline. */
export type RawAnswer = { readonly results: readonly RawResult[] }

process.once('message', async (job: RawJob) => {
  const store = await openStoppedStore(job.dataDirectory)
  const results: RawResult[] = []
  for (const order of ['sorted', 'arrival'] as const) {
    results.push(await measureRaw(store, job.shape, job.seed, job.blocks, order))
  }
  await store.close()
  process.send?.({ results } satisfies RawAnswer, () => process.disconnect())
})

import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import type { Cut } from './position.ts'
import { loadSeries } from './series-load.ts'
import type { Watched } from './watched.ts'

/** Series of one batch, so that a viewer of one waits for few others. */
const seriesPerBatch = 200
/** Batches side by side: one large series must not hold up all others. */
const batchesAtOnce = 2
/** After a failure nothing is tried for so long, ms. */
const restMs = 1_000

export type LoaderParts = {
  readonly reader: StoreReader
  readonly readOptions: ReadOptions
  readonly all: () => Iterable<Watched>
  cut(): Cut
  loaded(): void
  /** These could not be loaded, and nothing is known of them. */
  failed(series: readonly Watched[], error: unknown): void
}

/** Loads series that are marked for it, in batches. */
export function createLoader({ reader, readOptions, all, cut, loaded, failed }: LoaderParts): { load(): void } {
  const underWay = new Set<Watched>()
  let batches = 0
  let restUntilMs = 0

  async function loadBatch(batch: readonly Watched[]): Promise<void> {
    batches++
    for (const one of batch) underWay.add(one)
    try {
      await loadSeries(reader, batch, cut(), readOptions)
    } catch (error) {
      restUntilMs = performance.now() + restMs
      failed(
        batch.filter(({ state }) => !state),
        error,
      )
    } finally {
      batches--
      for (const one of batch) underWay.delete(one)
    }
    loaded()
  }

  return {
    load() {
      if (batches >= batchesAtOnce || performance.now() < restUntilMs) return
      const waiting = [...all()].filter((one) => one.loading && !underWay.has(one))
      for (let from = 0; from < waiting.length && batches < batchesAtOnce; from += seriesPerBatch)
        void loadBatch(waiting.slice(from, from + seriesPerBatch))
    },
  }
}

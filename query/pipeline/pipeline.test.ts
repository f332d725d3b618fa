import { strict as assert } from 'node:assert'
import { type TestContext, test } from 'node:test'
import { openRemoteTestStore, openTestStore } from '../fixture.ts'
import { fuzzPipeline } from './pipeline.fuzz.ts'

async function equalsBruteForce(
  t: TestContext,
  open: typeof openTestStore,
  seed: number,
  rounds: number,
  windows: number,
) {
  const store = await open()
  try {
    const outcome = await fuzzPipeline(store, seed, rounds, windows)
    t.diagnostic(JSON.stringify(outcome))
    assert.ok(
      outcome.series > outcome.windows && outcome.points > 100 * outcome.windows,
      'something was there to compare',
    )
    assert.ok(outcome.inPages > outcome.windows / 2)
  } finally {
    await store.close()
  }
}

test('curves on any axis, in any range, smoothed or computed, equal a brute-force recomputation', (t) =>
  equalsBruteForce(t, openTestStore, 1, 7, 6))

test('so do those of a store behind HTTP', (t) => equalsBruteForce(t, openRemoteTestStore, 4, 2, 5))

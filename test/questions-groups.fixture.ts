/** The answers to the questions on groups, counted over. */
import assert from 'node:assert/strict'
import * as questions from '../client/typescript/index.ts'
import { type Operation, unpack } from '../client/typescript/index.ts'
import { demo, lastLogged } from './questions.fixture.ts'

type Ask = <Data, Variables>(operation: Operation<Data, Variables>) => Promise<Data>

const close = (actual: unknown, expected: number) => {
  assert.ok(typeof actual === 'number' && Math.abs(actual - expected) <= 1e-12 * Math.abs(expected), `${actual}`)
}
/** On the straight line between the two values that are next to the place. */
function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = q * (sorted.length - 1)
  const low = sorted[Math.floor(place)]!
  return low + (sorted[Math.ceil(place)]! - low) * (place % 1)
}

export const groupChecks = (ask: Ask): Readonly<Record<string, () => Promise<void>>> => ({
  async Spread() {
    const { groups, receipt } = (await ask(questions.Spread)).groups
    const labels = [...new Set(demo.map(({ params }) => (params.optimizer ?? null) as string | null))]
    const ofLabel = (label: string | null) => demo.filter(({ params }) => (params.optimizer ?? null) === label)
    assert.deepEqual(
      groups.map(({ label, runs }) => [label, runs]),
      // The run that is refused is of no optimizer, like the special ones.
      labels
        .map((label) => [label, ofLabel(label).length + (label === null ? 1 : 0)])
        .sort((a, b) => Number(b[1]) - Number(a[1])),
    )
    for (const { label, steps, counts, mean, median, standardDeviation, bands, ...group } of groups) {
      const logged = ofLabel(label).map(({ run }) => lastLogged(run, 'val/loss'))
      assert.equal(group.runsWithPoints, logged.filter(({ length }) => length > 0).length)
      steps.forEach((start, i) => {
        const shown = logged.flatMap((points) => {
          const inside = points.filter(([step]) => step >= start && step < start + receipt.bucketWidth)
          return inside.length > 0 ? [inside.at(-1)![1]] : []
        })
        const n = shown.length
        const average = shown.reduce((sum, value) => sum + value, 0) / n
        const square = shown.reduce((sum, value) => sum + (value - average) ** 2, 0)
        assert.equal(counts[i], n)
        close(mean[i], average)
        close(median[i], quantile(shown, 0.5))
        close(bands[0]!.values[i], quantile(shown, 0.1))
        close(bands[1]!.values[i], quantile(shown, 0.9))
        if (n > 1) close(standardDeviation[i], Math.sqrt(square / (n - 1)))
        else assert.equal(standardDeviation[i], null)
      })
    }
    const points = demo.reduce((sum, { metrics }) => sum + (metrics['val/loss']?.length ?? 0), 0)
    assert.deepEqual(receipt, {
      ...{ bucketWidth: 4, exact: true, runsMatched: demo.length + 1, points, superseded: 0, otherGroups: 0 },
    })
  },

  async Envelope() {
    const { groups, receipt } = (await ask(questions.Envelope)).groups
    const finished = demo.filter(({ state }) => state === 'finished').map(({ run }) => run)
    const [group] = groups
    assert.equal(group!.runs, finished.length)
    assert.deepEqual(receipt, { method: 'MEAN', bucketWidth: 2 })
    const [low, middle, high] = [unpack(group!.minPacked), unpack(group!.medianPacked), unpack(group!.maxPacked)]
    unpack(group!.stepsPacked).forEach((step, i) => {
      // Of these runs a bucket of two steps has one point.
      const values = finished.flatMap((run) => new Map(lastLogged(run, 'val/accuracy')).get(step) ?? [])
      assert.deepEqual([low[i], high[i]], [Math.min(...values), Math.max(...values)])
      close(middle[i], quantile(values, 0.5))
    })
  },
})

/** The answers to the questions on how curves are drawn, computed from what was logged. */
import assert from 'node:assert/strict'
import * as questions from '../client/typescript/index.ts'
import { type Operation, unpack } from '../client/typescript/index.ts'
import { began, demo, demoRun, lastLogged } from './questions.fixture.ts'

type Ask = <Data, Variables>(operation: Operation<Data, Variables>, changed?: Partial<Variables>) => Promise<Data>

const close = (actual: unknown, expected: number) => {
  assert.ok(typeof actual === 'number' && Math.abs(actual - expected) <= 1e-12 * Math.abs(expected), `${actual}`)
}

/** Points of two metrics at the steps that both have. */
function together(run: string, one: string, other: string) {
  const values = new Map(lastLogged(run, other))
  return lastLogged(run, one).flatMap(([step, a]) => (values.has(step) ? [{ step, a, b: values.get(step)! }] : []))
}

const lastOf = (run: string, metric: string) => lastLogged(run, metric).at(-1)?.[1]

export const curveChecks = (ask: Ask): Readonly<Record<string, () => Promise<void>>> => ({
  async Trend() {
    const { smoothed, logged } = await ask(questions.Trend)
    const points = lastLogged('adam-1', 'train/loss')
    assert.deepEqual(
      logged[0]!.steps.map((step, i) => [step, logged[0]!.values[i]]),
      points,
    )
    assert.deepEqual(smoothed[0]!.steps, logged[0]!.steps)
    assert.deepEqual(smoothed[0]!.receipt.smoothing, { method: 'EMA', halfLife: 20 })
    for (const [i, [step]] of points.entries()) {
      const before = points.slice(0, i + 1).map(([at, value]) => ({ weight: 2 ** ((at - step) / 20), value }))
      const total = before.reduce((sum, { weight }) => sum + weight, 0)
      close(smoothed[0]!.values[i], before.reduce((sum, { weight, value }) => sum + weight * value, 0) / total)
    }
  },

  async Gap() {
    const { series } = await ask(questions.Gap)
    const expected = ['adam-1', 'sgd-1'].flatMap((run) => {
      const both = together(run, 'val/loss', 'train/loss')
      const alone = lastLogged(run, 'train/loss').length - both.length
      const answer = (metric: string, of: (val: number, train: number) => number) => ({
        ...{ run, metric, steps: both.map(({ step }) => step), values: both.map(({ a, b }) => of(a, b)) },
        receipt: { withoutPartner: alone },
      })
      return [
        answer('val/loss - train/loss', (val, train) => val - train),
        answer('log10(train/loss / val/loss)', (val, train) => Math.log10(train / val)),
      ]
    })
    assert.deepEqual(series, expected)
  },

  async ByTheClock() {
    const { series } = await ask(questions.ByTheClock)
    assert.deepEqual(
      series.map(({ run }) => run),
      ['adam-1', 'sgd-1'],
    )
    for (const { run, x, values, receipt } of series) {
      const { msPerStep } = demoRun(run)
      const points = lastLogged(run, 'train/loss').filter(([step]) => step * msPerStep! <= 90_000)
      assert.ok(points.length > 80)
      assert.deepEqual(
        x.map((place, i) => [place, values[i]]),
        points.map(([step, value]) => [step * msPerStep!, value]),
      )
      assert.equal(Date.parse(receipt.origin!), began)
      assert.equal(receipt.bucketWidth, 128)
    }
  },

  async OverAnother() {
    const [series] = (await ask(questions.OverAnother)).series
    const points = together('sgd-2', 'val/loss', 'val/accuracy').sort((p, q) => p.a - q.a)
    assert.deepEqual(series, {
      x: points.map(({ a }) => a),
      values: points.map(({ b }) => b),
      steps: points.map(({ step }) => step),
      receipt: { xMetric: 'val/loss', nonFiniteX: 0 },
    })
  },

  async Pages() {
    const points = lastLogged('long', 'train/loss')
    const [steps, values]: [number[], number[]] = [[], []]
    let [after, pages]: [string | null, number] = [null, 0]
    do {
      const answer: questions.PagesQuery = await ask(questions.Pages, { after })
      const page = answer.series[0]
      steps.push(...unpack(page!.stepsPacked))
      values.push(...unpack(page!.valuesPacked))
      after = page!.endCursor ?? null
      pages++
      assert.deepEqual(page!.receipt, {
        exact: false,
        pointsReturned: Math.min(6000, points.length - 6000 * (pages - 1)),
      })
    } while (after !== null)
    assert.equal(pages, Math.ceil(points.length / 6000))
    assert.deepEqual(
      steps.map((step, i) => [step, values[i]]),
      points,
    )
  },

  async WidestGap() {
    const { nodes, totalCount } = (await ask(questions.WidestGap)).runs
    const having = demo.filter(({ metrics }) => metrics['val/loss'] && metrics['train/loss'])
    const gap = (run: string) => lastOf(run, 'val/loss')! - lastOf(run, 'train/loss')!
    const expected = having.map(({ run }) => run).sort((a, b) => gap(b) - gap(a))
    assert.equal(totalCount, having.length)
    assert.deepEqual(
      nodes.map(({ run, metrics }) => [run, ...metrics.map(({ name, last }) => [name, last])]),
      expected
        .slice(0, 5)
        .map((run) => [run, ...['train/loss', 'val/loss'].map((metric) => [metric, lastOf(run, metric)])]),
    )
  },
})

/** The answers to the questions on values, conditions that nest, and differences, counted over. */
import assert from 'node:assert/strict'
import type { Operation } from '../client/typescript/index.ts'
import * as questions from '../client/typescript/index.ts'
import { type DemoRun, demo, demoRun, lastLogged } from './questions.fixture.ts'

type Ask = <Data, Variables>(operation: Operation<Data, Variables>) => Promise<Data>

const valuesOf = (run: string, metric: string) => lastLogged(run, metric).map(([, value]) => value)
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** Of each value how many runs have it: the most frequent first, equally frequent ones by text. */
function tally(values: readonly unknown[]): { text: string; runs: number }[] {
  const texts = values.map(textOf)
  return [...new Set(texts)]
    .map((text) => ({ text, runs: texts.filter((one) => one === text).length }))
    .sort((a, b) => b.runs - a.runs || (a.text < b.text ? -1 : 1))
}

function meanOfLast({ run }: DemoRun, metric: string, points: number): number {
  const values = valuesOf(run, metric).slice(-points)
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

const firstBelow = ({ run }: DemoRun, metric: string, bound: number) =>
  lastLogged(run, metric).find(([, value]) => value < bound)?.[0] ?? Number.POSITIVE_INFINITY

export const boardChecks = (ask: Ask): Readonly<Record<string, () => Promise<void>>> => ({
  async TriedValues() {
    const { facets } = await ask(questions.TriedValues)
    const passing = demo.filter(({ metrics }) => metrics['val/loss'] !== undefined)
    const things: [name: string, of: (run: DemoRun) => unknown][] = [
      ['optimizer', ({ params }) => params.optimizer],
      ['lr', ({ params }) => params.lr],
      ['team', ({ tags }) => tags.team],
      ['state', ({ state }) => state],
    ]
    assert.deepEqual(
      facets.map(({ numbers: _, ...facet }) => facet),
      things.map(([name, of]) => {
        const values = passing.map(of).filter((value) => value !== undefined)
        const counts = tally(values)
        const [shown, more] = [counts.slice(0, 3), counts.slice(3)]
        return {
          ...{ name, runs: values.length, missing: passing.length - values.length, distinct: counts.length },
          ...{ values: shown, moreValues: more.length, moreRuns: more.reduce((sum, { runs }) => sum + runs, 0) },
        }
      }),
    )
    const numbers = passing.map(({ params }) => params.lr as number)
    const { min, max, binStarts, binCounts } = facets[1]!.numbers!
    assert.deepEqual([min, max], [Math.min(...numbers), Math.max(...numbers)])
    const [starts, counts] = [binStarts as readonly number[], binCounts as readonly number[]]
    const inBin = (i: number) =>
      numbers.filter((value) => value >= starts[i]! && (i + 1 === starts.length || value < starts[i + 1]!)).length
    assert.deepEqual(
      counts,
      starts.map((_, i) => inBin(i)),
    )
    assert.equal(facets[0]!.numbers, null)
  },

  async EarlyOrGood() {
    const { runs } = await ask(questions.EarlyOrGood)
    const good = (run: DemoRun) => meanOfLast(run, 'val/loss', 10) < 0.2
    const early = (run: DemoRun) => firstBelow(run, 'train/loss', 1) < 20 && run.tags.team !== 'vision'
    const adam = demo.filter(({ params, state }) => params.optimizer === 'adam' && state !== 'failed')
    const passing = adam.filter((run) => good(run) || early(run))
    // Each branch decides about some run.
    assert.ok(passing.some((run) => !good(run)) && passing.some((run) => !early(run)) && passing.length < adam.length)
    const sorted = passing.sort((a, b) => meanOfLast(a, 'val/loss', 10) - meanOfLast(b, 'val/loss', 10))
    assert.deepEqual(runs, {
      totalCount: passing.length,
      nodes: sorted.map(({ run, state }) => ({ run, state: state.toUpperCase() })),
    })
  },

  async Differences() {
    const { compareRuns } = await ask(questions.Differences)
    const runs = ['adam-1', 'adam-2', 'sgd-3'].map(demoRun)
    const names = (maps: readonly object[]) => [...new Set(maps.flatMap((map) => Object.keys(map)))].sort()
    const things = [
      { kind: 'STATE', name: 'state', values: runs.map(({ state }) => state.toUpperCase()) },
      ...names(runs.map(({ params }) => params)).map((name) => {
        return { kind: 'PARAM', name, values: runs.map(({ params }) => params[name]) }
      }),
      ...names(runs.map(({ tags }) => tags)).map((name) => {
        return { kind: 'TAG', name, values: runs.map(({ tags }) => tags[name]) }
      }),
      { kind: 'METRIC', name: 'val/loss MIN', values: runs.map(({ run }) => Math.min(...valuesOf(run, 'val/loss'))) },
      {
        kind: 'METRIC',
        name: 'val/loss LAST_STEP',
        values: runs.map(({ run }) => lastLogged(run, 'val/loss').at(-1)![0]),
      },
    ]
    const differs = ({ values }: { values: readonly unknown[] }) => new Set(values).size > 1
    const differing = things.filter(differs)
    const equal = things.filter((thing) => !differs(thing))
    assert.ok(differing.length > 1 && equal.length > 0)
    assert.deepEqual(compareRuns, {
      runs: runs.map(({ run }) => run),
      ...{ differing, differingCount: differing.length, equalCount: equal.length },
      equal: equal.map(({ kind, name, values }) => ({ kind, name, value: values[0] })),
    })
  },
})

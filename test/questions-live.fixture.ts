/** The questions of those who watch. They write to the project, so they stand behind those that count its runs. */
import assert from 'node:assert/strict'
import { applySeriesEvent, curveKey, type LiveCurves } from '../schema/live-patches.ts'
import { type Server, until } from './harness.ts'
import { project } from './questions.fixture.ts'
import { openEvents } from './viewers.ts'
import { postJson } from './wire.ts'

type Example = { readonly document: string; readonly variables: Readonly<Record<string, unknown>> }

const metric = 'train/loss'

/** `example`: the document of a name, and the variables that stand beside it. */
export const liveChecks = (
  server: () => Server,
  example: (name: string) => Example,
): Readonly<Record<string, () => Promise<void>>> => ({
  async Watch() {
    const { document: query, variables } = example('Watch')
    const run = variables.run as string
    const log = (step: number, value: number) =>
      postJson(server(), { project, run, log: [{ step, metrics: { [metric]: value } }] })
    const curves: LiveCurves = new Map()
    let applied = 0
    const stream = await openEvents(server(), { query, variables })
    const shown = () => {
      for (const { data } of stream.results.slice(applied)) applySeriesEvent(curves, data.series)
      applied = stream.results.length
      return curves.get(curveKey({ run, metric }))
    }
    await until('the whole curve', () => stream.results.length > 0)
    const before = shown()!.steps.length
    assert.equal(stream.results[0]!.data.series.series[0].reset, true)
    await log(100, 0.5)
    await until('a new point', () => shown()!.steps.at(-1) === 100)
    // A late one comes where it belongs.
    await log(99, 0.75)
    await until('a late point', () => shown()!.steps.length === before + 2)
    assert.deepEqual(
      [shown()!.steps.slice(-2), shown()!.values!.slice(-2)],
      [
        [99, 100],
        [0.75, 0.5],
      ],
    )
    stream.close()
    // Who comes back gets what came since, and no more.
    await log(101, 0.25)
    const again = await openEvents(server(), { query, variables: { ...variables, after: stream.ids.at(-1) } })
    type Patch = { reset: boolean; steps: number[]; values: number[] }
    const patches = () => again.results.flatMap(({ data }) => data.series.series as Patch[])
    await until('it goes on', () => patches().at(-1)?.steps.at(-1) === 101)
    assert.ok(patches().every(({ reset, steps }) => !reset && steps.length < before))
    assert.equal(patches().at(-1)!.values.at(-1), 0.25)
    again.close()
  },

  async WatchRuns() {
    const stream = await openEvents(server(), {
      query: example('WatchRuns').document,
      variables: example('WatchRuns').variables,
    })
    await until('the first event', () => stream.results.length > 0)
    assert.deepEqual([stream.results[0]!.data.runs.changed, stream.results[0]!.data.runs.left], [[], []])
    type Told = { run: string; state: string; metrics: { last: number; lastStep: number }[] }
    const told = () =>
      stream.results.flatMap(({ data }) => data.runs.changed as Told[]).filter(({ run }) => run === 'new')
    await postJson(server(), { project, run: 'new', update: { state: 'running' } })
    await until('it begins', () => told().some(({ state }) => state === 'RUNNING'))
    await postJson(server(), { project, run: 'new', log: [{ step: 3, metrics: { [metric]: 0.125 } }] })
    await until('it goes on', () =>
      told().some(({ metrics }) => metrics[0]?.last === 0.125 && metrics[0].lastStep === 3),
    )
    await postJson(server(), { project, run: 'new', update: { state: 'finished' } })
    await until('it ends', () => stream.results.some(({ data }) => data.runs.left.includes('new')))
    stream.close()
  },
})

/** What the project `demo` of `docs/questions.md` holds, for its test: written frame by frame, kept to be counted over. */
import assert from 'node:assert/strict'
import type { Server } from './harness.ts'
import { postJson } from './wire.ts'

export const project = 'demo'

export type DemoRun = {
  readonly run: string
  readonly name: string
  readonly state: 'running' | 'finished' | 'failed' | 'killed'
  readonly params: Readonly<Record<string, string | number | boolean>>
  readonly tags: Readonly<Record<string, string>>
  /** Time between two steps; undefined: logged without a time. */
  readonly msPerStep?: number
  /** Points of each metric in the order of logging. */
  readonly metrics: Readonly<Record<string, readonly LoggedPoint[]>>
}
export type LoggedPoint = readonly [step: number, value: number]

const steps = (from: number, to: number, by = 1) =>
  Array.from({ length: Math.ceil((to - from) / by) }, (_, i) => from + i * by)
/** Some noise between 0 and 1 that is the same every time. */
const noise = (seed: number, step: number) => {
  const x = Math.sin(seed * 12.9898 + step * 78.233) * 43758.5453
  return x - Math.floor(x)
}

function ordinary(index: number, lr: number, count: number) {
  const loss = (step: number) =>
    2 * Math.exp((-step * lr * 30) / (lr * 50 + 1)) + 0.05 * index + 0.05 * noise(index, step)
  return {
    'train/loss': steps(0, count).map((step): LoggedPoint => [step, loss(step)]),
    'val/loss': steps(0, count, 10).map((step): LoggedPoint => [step, loss(step) + 0.02 * index]),
    'val/accuracy': steps(0, count, 10).map(
      (step): LoggedPoint => [step, 1 / (1 + loss(step)) + 0.01 * noise(index + 50, step)],
    ),
  }
}

const made = (
  index: number,
  run: string,
  optimizer: string,
  lr: number,
  state: DemoRun['state'] = 'finished',
): DemoRun => ({
  ...{ run, name: `${optimizer} with ${lr}`, state },
  params: { optimizer, lr, layers: 2 + (index % 3), pretrained: index % 2 === 0 },
  tags: { team: index % 2 === 0 ? 'vision' : 'speech' },
  msPerStep: 500 + 100 * index,
  metrics: ordinary(index, lr, state === 'failed' ? 40 : 200),
})

const special = (run: string, metrics: DemoRun['metrics'], state: DemoRun['state'] = 'finished'): DemoRun => ({
  ...{ run, name: '', state, params: {}, tags: {}, metrics },
})

/** When the first step of the runs with times was, ms since 1970. */
export const began = Date.UTC(2026, 0, 5, 9)

export const longSteps = 20_000

export const demo: readonly DemoRun[] = [
  made(1, 'adam-1', 'adam', 0.001),
  made(2, 'adam-2', 'adam', 0.01),
  made(3, 'adam-3', 'adam', 0.1),
  made(4, 'adam-4', 'adam', 0.01, 'running'),
  made(5, 'sgd-1', 'sgd', 0.1),
  made(6, 'sgd-2', 'sgd', 0.01),
  made(7, 'sgd-3', 'sgd', 0.001, 'killed'),
  made(8, 'broken', 'adam', 0.03, 'failed'),
  special('diverged', {
    'train/loss': steps(0, 60).map(
      (step): LoggedPoint => [step, step < 40 ? 2 ** step : step < 45 ? Number.POSITIVE_INFINITY : Number.NaN],
    ),
  }),
  special('resumed', {
    'train/loss': [
      ...steps(0, 100).map((step): LoggedPoint => [step, 1 / (1 + step)]),
      ...steps(80, 150).map((step): LoggedPoint => [step, 2 / (1 + step)]),
    ],
  }),
  special('running', { 'train/loss': steps(0, 10).map((step): LoggedPoint => [step, noise(9, step)]) }, 'running'),
  special('long', {
    'train/loss': steps(0, longSteps).map(
      (step): LoggedPoint => [step, step % 7919 === 5 ? 50 : 1 + noise(10, step) / (1 + step / 1000)],
    ),
  }),
]

export const demoRun = (run: string): DemoRun => demo.find((one) => one.run === run)!

/** Points of a series as the store has them: by step, the one logged last of those of one step. */
export function lastLogged(run: string, metric: string): LoggedPoint[] {
  return [...new Map(demoRun(run).metrics[metric] ?? [])].sort((a, b) => a[0] - b[0])
}

/** What JSON has no number for. */
const shown = (value: number) => (Number.isFinite(value) ? value : String(value))

/** Writes it all, and one update too many for the run `crowded`. Resolves with the token of the last write. */
export async function writeDemo(server: Server): Promise<string> {
  let at = ''
  async function send(frame: object): Promise<void> {
    const answer = await postJson(server, { project, ...frame })
    assert.equal(answer.status, 200, JSON.stringify(answer))
    at = answer.at
  }
  for (const { run, name, state, params, tags, metrics, msPerStep } of demo) {
    await send({ run, update: { name, params, tags } })
    const rows = Object.entries(metrics).flatMap(([metric, points]) =>
      points.map(([step, value]) => ({
        ...(msPerStep === undefined ? {} : { time: began + step * msPerStep }),
        ...{ step, metrics: { [metric]: shown(value) } },
      })),
    )
    for (let from = 0; from < rows.length; from += 5_000) await send({ run, log: rows.slice(from, from + 5_000) })
    await send({ run, update: { state } })
  }
  for (let part = 0; part < 6; part++) {
    const params = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`p${part}-${i}`, i]))
    await send({ run: 'crowded', update: { params } })
  }
  return at
}

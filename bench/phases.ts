import { setTimeout as sleep } from 'node:timers/promises'
import { runLoad } from './children.ts'
import { type DatasetSpec, makeDataset } from './dataset.ts'
import type { IngestOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { untilQueryable } from './queryable.ts'
import type { Questioner } from './questions.ts'
import type { Phase } from './results.ts'
import type { Target } from './target.ts'

export type Bench = {
  readonly options: IngestOptions
  readonly target: Target
  readonly questions: Questioner
  readonly progress: Progress
}

/** Sends a dataset, from a frame on, from a process of its own, and waits until all of it is queryable. */
export async function runPhase(
  bench: Bench,
  dataset: DatasetSpec,
  fromFrame = 0,
  framesPerSecond?: number,
): Promise<Phase> {
  const { options, target, progress } = bench
  const connections = Math.min(options.connections, dataset.runs)
  const apiKey = options.apiKey === undefined ? {} : { apiKey: options.apiKey }
  const pace = framesPerSecond === undefined ? {} : { framesPerSecond }
  let cpuBefore: number | undefined
  let startMs = 0
  const load = await runLoad(
    { url: target.url, ...apiKey, dataset, connections, fromFrame, ...pace },
    async () => {
      cpuBefore = await target.cpuSeconds()
      startMs = performance.now()
    },
    ({ pointsAcked }) => {
      const rate = pointsAcked / ((performance.now() - startMs) / 1_000)
      progress.update(`${(pointsAcked / 1e6).toFixed(2)} M points acknowledged, ${(rate / 1e6).toFixed(2)} M/s`)
    },
  )
  progress.update('all acknowledged, waiting until all is queryable')
  await untilQueryable(bench.questions, makeDataset(dataset), connections, load.at)
  const wallSeconds = (performance.now() - startMs) / 1_000
  return { load, wallSeconds, serverCpuSeconds: difference(cpuBefore, await target.cpuSeconds()) }
}

const restMs = 30_000

/** Waits until the server's background work is done: less than a tenth of a core for a second. CPU seconds used meanwhile. */
export async function untilAtRest(target: Target): Promise<number | undefined> {
  const begin = await target.cpuSeconds()
  const deadline = performance.now() + restMs
  let before = begin
  while (before !== undefined && performance.now() < deadline) {
    await sleep(1_000)
    const now = await target.cpuSeconds()
    if (now === undefined || now - before < 0.1) break
    before = now
  }
  return difference(begin, await target.cpuSeconds())
}

export function difference(before: number | undefined, after: number | undefined): number | undefined {
  return before === undefined || after === undefined ? undefined : after - before
}

import { setTimeout as sleep } from 'node:timers/promises'
import { type DatasetSpec, makeDataset } from './dataset.ts'
import { type LoadResult, runLoad } from './generators.ts'
import type { IngestOptions } from './options.ts'
import { type ProbeResult, probeVisibility } from './probe.ts'
import { profileOptions } from './process.ts'
import type { Progress } from './progress.ts'
import { untilQueryable } from './queryable.ts'
import type { Questioner } from './questions.ts'
import { type Schedule, scaled } from './schedule.ts'
import { type SystemSeconds, systemSeconds } from './system.ts'
import { profileOf, type Target } from './target.ts'
import type { Timeline } from './timeline.ts'
import { total, type Usage, usedBetween } from './usage.ts'

export type Bench = {
  readonly options: IngestOptions
  readonly target: Target
  readonly questions: Questioner
  readonly progress: Progress
  readonly timeline: Timeline
}

/** One load phase: what the generators saw and what the processes used while it ran. */
export type Phase = {
  readonly load: LoadResult
  /** From the first frame until every point is queryable. */
  readonly wallSeconds: number
  readonly cpuSeconds: Usage | undefined
  /** Of the whole machine meanwhile. */
  readonly systemSeconds: SystemSeconds | undefined
}

/** An open-loop phase with probes beside it. */
export type OpenLoop = Phase & {
  /** In points a second. */
  readonly schedule: Schedule
  readonly probes: ProbeResult
}

/** Jobs that go on logging from a frame on. */
export type Stretch = { readonly dataset: DatasetSpec; readonly fromFrame: number }

/** Sends frames from processes of their own, in the open loop where there is a schedule, and waits until all of them are queryable. */
export async function runPhase(
  bench: Bench,
  name: string,
  { dataset, fromFrame }: Stretch,
  schedule?: Schedule,
): Promise<Phase> {
  const { options, target, progress, timeline } = bench
  const connections = Math.min(options.connections, dataset.runs)
  const { pointsPerFrame } = makeDataset({ ...dataset, runs: 1 })
  const apiKey = options.apiKey === undefined ? {} : { apiKey: options.apiKey }
  const pace = schedule === undefined ? {} : { schedule: scaled(schedule, 1 / pointsPerFrame) }
  const generators = Math.min(options.generators, connections)
  let cpuBefore: Usage | undefined
  let systemBefore: SystemSeconds | undefined
  let startMs = 0
  const load = await runLoad(
    { url: target.framesUrl, ...apiKey, dataset, connections, fromFrame, generators, ...pace },
    profileOptions(profileOf(options, 'load'), 'load'),
    async () => {
      await timeline.begin(name)
      cpuBefore = await target.cpuSeconds()
      systemBefore = systemSeconds()
      startMs = performance.now()
    },
    (loadProgress) => {
      timeline.progress(loadProgress)
      const { pointsAcked } = loadProgress
      const rate = pointsAcked / ((performance.now() - startMs) / 1_000)
      progress.update(`${(pointsAcked / 1e6).toFixed(2)} M points acknowledged, ${(rate / 1e6).toFixed(2)} M/s`)
    },
  )
  progress.update('all acknowledged, waiting until all is queryable')
  await untilQueryable(bench.questions, makeDataset(dataset), connections, load.at)
  const wallSeconds = (performance.timeOrigin + performance.now() - load.beginAt) / 1_000
  const cpuSeconds = usedBetween(cpuBefore, await target.cpuSeconds())
  const system = systemBetween(systemBefore, systemSeconds())
  await timeline.end()
  await load.ended
  return { load, wallSeconds, cpuSeconds, systemSeconds: system }
}

/** The same in the open loop, with probes beside it. */
export async function runOpenLoop(bench: Bench, name: string, stretch: Stretch, schedule: Schedule): Promise<OpenLoop> {
  const { options, target, questions } = bench
  const stop = new AbortController()
  const [phase, probes] = await Promise.all([
    runPhase(bench, name, stretch, schedule).finally(() => stop.abort()),
    probeVisibility(
      target.framesUrl,
      options.apiKey,
      `${stretch.dataset.project}-probes-${name}`,
      questions,
      stop.signal,
    ),
  ])
  return { ...phase, schedule, probes }
}

function systemBetween(before: SystemSeconds | undefined, after: SystemSeconds | undefined): SystemSeconds | undefined {
  if (before === undefined || after === undefined) return undefined
  const { busy, ioWait, steal } = after
  return { busy: busy - before.busy, ioWait: ioWait - before.ioWait, steal: steal - before.steal }
}

const restMs = 30_000

/**
 * Waits until the merges are done: less than a tenth of a core in the process with the store for a second. CPU seconds of all
 * processes meanwhile.
 */
export async function untilAtRest(target: Target): Promise<Usage | undefined> {
  const busy = ({ server, store, ...others }: Usage): number => server ?? store ?? total(others)
  const begin = await target.cpuSeconds()
  const deadline = performance.now() + restMs
  let before = begin
  while (before !== undefined && performance.now() < deadline) {
    await sleep(1_000)
    const now = await target.cpuSeconds()
    if (now === undefined || busy(now) - busy(before) < 0.1) break
    before = now
  }
  return usedBetween(begin, await target.cpuSeconds())
}

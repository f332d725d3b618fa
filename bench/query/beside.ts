/** Ingest beside the questions, by the load generator of the ingest benchmark: at a part of what the same server takes at most. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type DatasetSpec, framesFor, makeDataset } from '../dataset.ts'
import { runLoad } from '../generators.ts'
import type { Latency } from '../latency.ts'
import { constantRate, framesOf, type Schedule } from '../schedule.ts'
import type { Target } from '../target.ts'

export type Ingest = {
  /** Points a second that the server took as fast as it could; null where the rate was given. */
  readonly maximum: number | null
  /** Points a second that are sent beside questions. */
  readonly wanted: number
  /** Runs `work` while so much is sent, which lasts for `seconds` after a moment of its own. */
  readonly during: <Result>(seconds: number, work: () => Promise<Result>) => Promise<Beside<Result>>
}

export type Beside<Result> = {
  readonly result: Result
  readonly pointsPerSecond: number
  readonly ackMilliseconds: Latency
}

export type IngestOptions = {
  readonly apiKey: string | undefined
  readonly seed: number
  readonly rate: number | undefined
  /** Points of the run that finds the maximum. */
  readonly points: number
}

const runs = 1_000
const connections = 8
const partOfMaximum = 0.25
/** What is to be compiled and opened is when questions begin, and they end before the load does. */
const leadSeconds = 1
const tailSeconds = 0.5

export async function prepareIngest(target: Target, options: IngestOptions): Promise<Ingest> {
  const { apiKey, seed, rate, points } = options
  let jobs: DatasetSpec = { shape: 'dense', seed, project: `bench-beside-${Date.now().toString(36)}`, runs, frames: 0 }
  const { pointsPerFrame } = makeDataset({ ...jobs, runs: 1 })

  function load(frames: number, schedule: Schedule | undefined, onStart: () => void) {
    const fromFrame = jobs.frames
    jobs = { ...jobs, frames: fromFrame + frames }
    const job = {
      ...{ url: target.framesUrl, dataset: jobs, connections, generators: 1, fromFrame },
      ...(apiKey === undefined ? {} : { apiKey }),
      ...(schedule === undefined ? {} : { schedule }),
    }
    return runLoad(job, [], onStart, () => {})
  }

  async function findMaximum(): Promise<number> {
    await load(framesFor('dense', points / 4), undefined, () => {})
    const full = await load(framesFor('dense', points), undefined, () => {})
    return full.points / full.seconds
  }

  const maximum = rate === undefined ? await findMaximum() : null
  const wanted = rate ?? (maximum ?? 0) * partOfMaximum
  return {
    maximum,
    wanted,
    async during(seconds, work) {
      const schedule = [constantRate(wanted / pointsPerFrame, leadSeconds + seconds + tailSeconds)]
      let begin: () => void = () => {}
      const begun = new Promise<void>((resolve) => {
        begin = resolve
      })
      const loading = load(framesOf(schedule), schedule, begin)
      // Else a load that fails before it begins would be nobody's.
      loading.catch(() => {})
      await Promise.race([begun, loading])
      await sleep(leadSeconds * 1_000)
      const result = await work()
      const { points: sent, seconds: taken, ackMilliseconds } = await loading
      return { result, pointsPerSecond: sent / taken, ackMilliseconds: ackMilliseconds() }
    },
  }
}

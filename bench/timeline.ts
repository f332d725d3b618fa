/** What happens while load runs, twice a second. */
import type { LoadProgress } from './load.ts'
import type { Target } from './target.ts'
import { mapUsage, type Usage, usedBetween } from './usage.ts'

export type Sample = {
  /** At its end, since the first phase began. */
  readonly seconds: number
  readonly phase: string
  readonly pointsPerSecond: number
  /** The slowest acknowledgement meanwhile; 0 where there was none. */
  readonly slowestAckMilliseconds: number
  /** Cores in use and memory held, by process; null where they cannot be known. */
  readonly cores: Usage | null
  readonly residentBytes: Usage | null
}

const intervalMs = 500
const shortestMs = 100

export type Timeline = ReturnType<typeof createTimeline>

export function createTimeline(target: Pick<Target, 'cpuSeconds' | 'residentBytes'>) {
  const samples: Sample[] = []
  let beginMs: number | undefined
  let phase = ''
  let timer: NodeJS.Timeout | undefined
  let lastMs = 0
  let lastCpu: Usage | undefined
  let lastAcked = 0
  let acked = 0
  let slowestMs = 0

  async function sample(): Promise<void> {
    const nowMs = performance.now()
    const seconds = (nowMs - lastMs) / 1_000
    const cpu = await target.cpuSeconds()
    const used = usedBetween(lastCpu, cpu)
    samples.push({
      seconds: rounded((nowMs - (beginMs ?? nowMs)) / 1_000),
      phase,
      pointsPerSecond: Math.round((acked - lastAcked) / seconds),
      slowestAckMilliseconds: rounded(slowestMs),
      cores: used === undefined ? null : mapUsage(used, (value) => rounded(value / seconds)),
      residentBytes: target.residentBytes() ?? null,
    })
    lastMs = nowMs
    lastCpu = cpu
    lastAcked = acked
    slowestMs = 0
  }

  return {
    samples: samples as readonly Sample[],
    async begin(name: string): Promise<void> {
      phase = name
      lastCpu = await target.cpuSeconds()
      lastMs = performance.now()
      beginMs ??= lastMs
      lastAcked = 0
      acked = 0
      slowestMs = 0
      timer = setInterval(() => void sample(), intervalMs)
    },
    progress(progress: LoadProgress): void {
      acked = progress.pointsAcked
      slowestMs = Math.max(slowestMs, progress.slowestMs)
    },
    /** What is left since the last sample is one of its own, unless it is too short to tell anything. */
    async end(): Promise<void> {
      clearInterval(timer)
      if (performance.now() - lastMs >= shortestMs) await sample()
    },
  }
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000

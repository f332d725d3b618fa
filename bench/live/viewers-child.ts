import { setTimeout as sleep } from 'node:timers/promises'
import { runId } from '../dataset.ts'
import { createLatencyRecorder, type Latency } from '../latency.ts'
import { createPoster } from '../post.ts'
import { openSse, openWebSocket, type ViewerSocket } from './viewer-sockets.ts'

export type ViewersJob = {
  readonly url: string
  readonly project: string
  readonly metrics: readonly string[]
  readonly runs: number
  readonly viewers: number
  /** Charts that many viewers share; the others have one of their own each. */
  readonly charts: number
  readonly owners: number
  readonly probesPerSecond: number
  /** Step of the first probe: behind all that are there. */
  readonly firstStep: number
}

/** Viewers are there; measure for so long; and what came of it. */
export type ViewersWord = { readonly measureSeconds: number }
export type ViewersMessage =
  | { readonly kind: 'ready'; readonly seconds: number }
  | ({ readonly kind: 'done' } & ViewersResult)

export type ViewersResult = {
  /** From the acknowledgement of a point to each viewer's event with it. */
  readonly visible: Latency
  readonly acknowledged: Latency
  /** Probes, and how many viewers saw theirs out of how many that should have. */
  readonly probes: number
  readonly seen: number
  readonly expected: number
  readonly events: number
  readonly bytes: number
  /** Events that viewers were told they missed. */
  readonly missed: number
  readonly lost: number
  readonly cpuSeconds: number
}

const query = `subscription ($in: LiveSeriesInput!) { series(input: $in) { id missed series { metric reset fromStep steps valuesPacked
  receipt { method exact pointsTotal } } } }`
const probe = (chart: number) => `probe-${String(chart).padStart(3, '0')}`

async function main(job: ViewersJob): Promise<void> {
  const say = (message: ViewersMessage): void => void process.send?.(message)
  const url = new URL(job.url)
  const poster = createPoster(job.url, undefined)
  const visible = createLatencyRecorder()
  const acknowledged = createLatencyRecorder()
  /** By probe: when its last step was acknowledged, for steps in order. */
  const acked = Array.from({ length: job.charts }, () => new Map<number, number>())
  /** Viewers that had the event before this process had read the acknowledgement, by step. */
  const earlier = Array.from({ length: job.charts }, () => new Map<number, number>())
  const audience = new Array<number>(job.charts).fill(0)
  const counts = { probes: 0, seen: 0, expected: 0, events: 0, bytes: 0, missed: 0, lost: 0 }
  let isMeasuring = false

  async function post(chart: number, step: number): Promise<void> {
    const begin = performance.now()
    const frame = { project: job.project, run: probe(chart), log: [{ step, metrics: { probe: step } }] }
    await poster.ask(JSON.stringify(frame), '/v1/frames')
    const now = performance.now()
    if (!isMeasuring) return
    acknowledged.record(now - begin)
    acked[chart]!.set(step, now)
    const early = earlier[chart]!.get(step) ?? 0
    for (let i = 0; i < early; i++) visible.record(0)
    counts.seen += early
    counts.probes++
    counts.expected += audience[chart]!
  }

  function createViewer(index: number): ViewerSocket {
    const isOwner = index < job.owners
    const chart = index % job.charts
    const run = runId(isOwner ? (job.charts + index) % job.runs : chart % job.runs)
    const metrics = ['probe', job.metrics[index % (isOwner ? job.metrics.length : 1)]!]
    const input = { project: job.project, runs: [probe(chart), run], metrics, buckets: 1_000 }
    const body = { query, variables: { in: input } }
    audience[chart]!++
    let seenStep = job.firstStep
    function onEvent(text: string, nowMs: number): void {
      if (isMeasuring) {
        counts.events++
        counts.bytes += text.length
        const missed = Number(/"missed":(\d+)/.exec(text)?.[1] ?? 0)
        counts.missed += missed
      }
      const last = Number(/"metric":"probe"[^[]*"steps":\[(?:\d+,)*(\d+)\]/.exec(text)?.[1] ?? -1)
      for (let step = seenStep + 1; step <= last; step++) {
        const at = acked[chart]!.get(step)
        if (at === undefined) {
          earlier[chart]!.set(step, (earlier[chart]!.get(step) ?? 0) + 1)
          continue
        }
        counts.seen++
        visible.record(Math.max(0, nowMs - at))
      }
      seenStep = Math.max(seenStep, last)
    }
    const onLost = () => counts.lost++
    return index % 2 === 0
      ? openSse(url, JSON.stringify(body), onEvent, onLost)
      : openWebSocket(url, body, onEvent, onLost)
  }

  const begin = performance.now()
  for (let chart = 0; chart < job.charts; chart++) await post(chart, job.firstStep)
  const viewers: ViewerSocket[] = []
  for (let index = 0; index < job.viewers; index += 100) {
    const some = Array.from({ length: Math.min(100, job.viewers - index) }, (_, i) => createViewer(index + i))
    viewers.push(...some)
    await Promise.all(some.map(({ opened }) => opened))
  }
  const word = new Promise<ViewersWord>((resolve) => process.once('message', resolve))
  say({ kind: 'ready', seconds: (performance.now() - begin) / 1_000 })
  const { measureSeconds } = await word
  isMeasuring = true
  const cpuBegin = process.cpuUsage()
  const endMs = performance.now() + measureSeconds * 1_000
  const posts: Promise<void>[] = []
  const startMs = performance.now()
  for (let n = 0; performance.now() < endMs; n++) {
    posts.push(post(n % job.charts, job.firstStep + 1 + Math.floor(n / job.charts)))
    await sleep(Math.max(0, startMs + ((n + 1) * 1_000) / job.probesPerSecond - performance.now()))
  }
  await Promise.all(posts)
  const { user, system } = process.cpuUsage(cpuBegin)
  // What is still under way is seen or missing.
  for (let wait = 0; wait < 50 && counts.seen < counts.expected; wait++) await sleep(100)
  say({
    kind: 'done',
    ...counts,
    visible: visible.summary(),
    acknowledged: acknowledged.summary(),
    cpuSeconds: (user + system) / 1e6,
  })
  for (const viewer of viewers) viewer.close()
  poster.close()
  process.disconnect()
}

process.once('message', (job: ViewersJob) => void main(job))

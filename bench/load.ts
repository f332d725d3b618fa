import { setTimeout as sleep } from 'node:timers/promises'
import { type DatasetSpec, makeDataset } from './dataset.ts'
import { createBatchWriter } from './frames.ts'
import { createLatencyRecorder, type PackedLatency } from './latency.ts'
import { createPace } from './pace.ts'
import { createBatchPool } from './pool.ts'
import { createClock, type Schedule } from './schedule.ts'
import { createSender } from './sender.ts'
import type { Sender, SenderContext } from './sender-context.ts'
import { createTokenCollector } from './tokens.ts'

export type LoadJob = {
  readonly url: string
  readonly apiKey?: string
  readonly dataset: DatasetSpec
  /** Of all generators. */
  readonly connections: number
  /** This generator has the connections whose number leaves the remainder `index`. */
  readonly generator: { readonly index: number; readonly count: number }
  /** Frames before this one are there already: the same jobs go on. */
  readonly fromFrame: number
  /** Open loop, in frames a second: each frame has its time, whether or not the server keeps up. Undefined: as fast as it takes them. */
  readonly schedule?: Schedule
}

export type LoadPart = {
  readonly frames: number
  readonly points: number
  readonly bytes: number
  readonly retries: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** From sending, or in the open loop from when the frame was due, to its acknowledgement: of each stretch of the schedule. */
  readonly ackLatencies: readonly PackedLatency[]
  /** Token of everything that was acknowledged. */
  readonly at: string
}

export type LoadProgress = {
  readonly pointsAcked: number
  /** The slowest acknowledgement since the last report. */
  readonly slowestMs: number
}

/** `start` begins at that time, in ms of this process's `performance.now()`. */
export type LoadGenerator = { readonly start: (beginMs?: number) => Promise<LoadPart> }

/** Connections that are opened at a time. */
const openedAtOnce = 200

/** Connects; `start` sends the generator's share of the dataset from `fromFrame` on and resolves when all of it is acknowledged. */
export async function createLoadGenerator(
  job: LoadJob,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadGenerator> {
  const { connections, fromFrame, generator, schedule } = job
  const dataset = makeDataset(job.dataset)
  const isMine = (frame: number): boolean =>
    ((frame % dataset.runs) % connections) % generator.count === generator.index
  const clock = schedule === undefined ? undefined : createClock(schedule)
  const latencies = (schedule ?? [undefined]).map(createLatencyRecorder)
  const tokens = createTokenCollector()
  const writer = createBatchWriter(dataset)
  let frames = 0
  for (let frame = fromFrame; frame < dataset.frames; frame++) if (isMine(frame)) frames++
  let acked = 0
  let bytes = 0
  let retries = 0
  let slowestMs = 0
  let startMs = 0
  let failure: string | undefined
  let onEnd: () => void = () => {}
  const dueMs = clock && ((frame: number) => startMs + clock.dueSeconds(frame - fromFrame) * 1_000)
  let waiting: Sender[] = []

  const context: SenderContext = {
    ...{ dataset, writer, pool: createBatchPool(writer), connections, fromFrame, dueMs },
    schedule(sender) {
      if (sender.scheduled) return
      sender.scheduled = true
      if (waiting.push(sender) === 1) setImmediate(pumpWaiting)
    },
    onToken: tokens.addBytes,
    onAck(frame, sinceMs, nowMs) {
      const milliseconds = nowMs - sinceMs
      if (milliseconds > slowestMs) slowestMs = milliseconds
      latencies[clock === undefined ? 0 : clock.stretchOf(frame - fromFrame)]!.record(milliseconds)
      if (++acked === frames) onEnd()
    },
    onRetry() {
      retries++
    },
    onSent(sent) {
      bytes += sent
    },
    onFailure(reason) {
      failure ??= reason
      onEnd()
    },
  }

  function pumpWaiting(): void {
    const senders = waiting
    waiting = []
    for (const sender of senders) sender.pump()
  }

  warmUp(job.dataset)
  const senders = new Map<number, Sender>()
  const mine = Array.from({ length: connections }, (_, index) => index).filter(
    (index) => index % generator.count === generator.index,
  )
  for (let first = 0; first < mine.length; first += openedAtOnce) {
    const opening = mine.slice(first, first + openedAtOnce)
    const opened = await Promise.all(opening.map((index) => createSender(job.url, job.apiKey, index, context)))
    opened.forEach((sender, i) => void senders.set(opening[i]!, sender))
  }

  async function start(beginMs = performance.now()): Promise<LoadPart> {
    await sleep(beginMs - performance.now())
    const cpu = process.cpuUsage()
    startMs = beginMs
    const pace = createPace({ dataset, fromFrame, dueMs, isMine }, (connection) => senders.get(connection)!)
    const progress = setInterval(() => {
      onProgress({ pointsAcked: acked * dataset.pointsPerFrame, slowestMs })
      slowestMs = 0
    }, 250)
    try {
      await new Promise<void>((resolve, reject) => {
        onEnd = () => (failure === undefined ? resolve() : reject(new Error(failure)))
        if (failure !== undefined || frames === 0) onEnd()
        else pace.start(connections)
      })
    } finally {
      clearInterval(progress)
      pace.stop()
      for (const sender of senders.values()) sender.close()
    }
    const seconds = (performance.now() - startMs) / 1_000
    const { user, system } = process.cpuUsage(cpu)
    const cpuSeconds = (user + system) / 1e6
    const ackLatencies = latencies.map((latency) => latency.pack())
    const points = frames * dataset.pointsPerFrame
    return { frames, points, bytes, retries, seconds, cpuSeconds, ackLatencies, at: tokens.merged() ?? '' }
  }

  return { start }
}

/** Compiled before the clock runs: the generator's own start should not be taken for the server's. */
function warmUp(spec: DatasetSpec): void {
  const dataset = makeDataset({ ...spec, runs: 100, frames: 100 })
  const writer = createBatchWriter(dataset)
  const batch = writer.create()
  for (let round = 0; round < 2_000_000 / dataset.pointsPerFrame; round++) {
    writer.write(batch, round % writer.capacity, round % dataset.runs, round)
  }
}

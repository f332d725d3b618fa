import { type Dataset, type DatasetSpec, makeDataset } from './dataset.ts'
import { createFrameWriter, plainFrame } from './frames.ts'
import { createLatencyRecorder, type Latency } from './latency.ts'
import { createSender, type Sender } from './sender.ts'
import { mergeTokens } from './tokens.ts'

export type LoadJob = {
  readonly url: string
  readonly apiKey?: string
  readonly dataset: DatasetSpec
  readonly connections: number
  /** Frames before this one are there already: the same jobs go on. */
  readonly fromFrame: number
  /** Open loop: each frame has its time, whether or not the server keeps up. Undefined: as fast as it takes them. */
  readonly framesPerSecond?: number
}

export type LoadResult = {
  readonly frames: number
  readonly points: number
  readonly bytes: number
  readonly retries: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** From sending, or in the open loop from when the frame was due, to its acknowledgement. */
  readonly ackMilliseconds: Latency
  /** Token of everything that was acknowledged. */
  readonly at: string
}

export type LoadProgress = { readonly pointsAcked: number }

export type LoadGenerator = { readonly start: () => Promise<LoadResult> }

/** Connects; `start` sends the dataset from `fromFrame` on and resolves when every frame is acknowledged. */
export async function createLoadGenerator(
  job: LoadJob,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadGenerator> {
  const dataset = makeDataset(job.dataset)
  const latency = createLatencyRecorder()
  const lastTokens: string[] = new Array(dataset.runs).fill('')
  const frames = dataset.frames - job.fromFrame
  const points = frames * dataset.pointsPerFrame
  let acked = 0
  let bytes = 0
  let retries = 0
  let startMs = 0
  let failure: string | undefined
  let onEnd: () => void = () => {}
  const intervalMs = job.framesPerSecond === undefined ? undefined : 1_000 / job.framesPerSecond
  const context = {
    dataset,
    writer: createFrameWriter(dataset),
    connections: job.connections,
    fromFrame: job.fromFrame,
    dueMs:
      intervalMs === undefined ? () => undefined : (frame: number) => startMs + (frame - job.fromFrame) * intervalMs,
    onAck(run: number, at: string, sinceMs: number) {
      latency.record(performance.now() - sinceMs)
      lastTokens[run] = at
      if (++acked === frames) onEnd()
    },
    onRetry() {
      retries++
    },
    onSent(sent: number) {
      bytes += sent
    },
    onFailure(reason: string) {
      failure ??= reason
      onEnd()
    },
  }
  warmUp(dataset)
  const senders: Sender[] = await Promise.all(
    Array.from({ length: job.connections }, (_, index) => createSender(job.url, job.apiKey, index, context)),
  )

  async function start(): Promise<LoadResult> {
    const cpu = process.cpuUsage()
    startMs = performance.now()
    const progress = setInterval(() => onProgress({ pointsAcked: acked * dataset.pointsPerFrame }), 500)
    // In the open loop a clock of 1 ms wakes the senders; a frame's latency counts from when it was due all the same.
    const clock = intervalMs === undefined ? undefined : setInterval(pumpAll, 1)
    try {
      await new Promise<void>((resolve, reject) => {
        onEnd = () => (failure === undefined ? resolve() : reject(new Error(failure)))
        if (failure === undefined) pumpAll()
        else onEnd()
      })
    } finally {
      clearInterval(progress)
      clearInterval(clock)
      for (const sender of senders) sender.close()
    }
    const seconds = (performance.now() - startMs) / 1_000
    const { user, system } = process.cpuUsage(cpu)
    const at = mergeTokens(lastTokens.filter((token) => token !== '')) ?? ''
    const cpuSeconds = (user + system) / 1e6
    return { frames, points, bytes, retries, seconds, cpuSeconds, ackMilliseconds: latency.summary(), at }
  }

  function pumpAll(): void {
    for (const sender of senders) sender.pump()
  }

  return { start }
}

/** Compiled before the clock runs: the generator's own start should not be taken for the server's. */
function warmUp(dataset: Dataset): void {
  const writer = createFrameWriter(dataset)
  const frame = writer.create()
  for (let round = 0; round < 1_000_000 / dataset.pointsPerFrame; round++) {
    writer.write(frame, round % dataset.runs, round)
    if (round % 10 === 0) plainFrame(dataset, round % dataset.runs, 0, false)
  }
}

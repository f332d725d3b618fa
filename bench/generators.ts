/** Several load generators that are one: each is a process with its share of the connections. */
import { startChild } from './children.ts'
import { type Latency, mergeLatencies } from './latency.ts'
import type { LoadJob, LoadPart, LoadProgress } from './load.ts'
import type { GoMessage, LoadMessage } from './load-child.ts'
import { mergeTokens } from './tokens.ts'

export type LoadResult = Omit<LoadPart, 'ackLatencies'> & {
  /** Not made before somebody looks: to unpack histograms takes a tenth of a second, and a probe beside it would be late for that. */
  readonly ackMilliseconds: () => Latency
  /** Of each stretch of the schedule, by when frames were due. */
  readonly ackOfStretches: () => readonly Latency[]
  /** In ms since 1970. */
  readonly beginAt: number
  /** Of the generators' processes, which may have profiles to write. */
  readonly ended: Promise<unknown>
}

export type GeneratorsJob = Omit<LoadJob, 'generator'> & { readonly generators: number }

/** Between the word to go and the begin, so that all processes have heard it. */
const leadMs = 20

/** `beforeStart` is called when all are connected and about to send their first frame. */
export async function runLoad(
  job: GeneratorsJob,
  nodeOptions: string[],
  beforeStart: () => void | Promise<void>,
  onProgress: (progress: LoadProgress) => void,
): Promise<LoadResult> {
  const { generators, ...rest } = job
  const acked = new Array<number>(generators).fill(0)
  const started = Array.from({ length: generators }, (_, index) =>
    startGenerator({ ...rest, generator: { index, count: generators } }, nodeOptions, (progress) => {
      acked[index] = progress.pointsAcked
      onProgress({ pointsAcked: acked.reduce((sum, one) => sum + one, 0), slowestMs: progress.slowestMs })
    }),
  )
  const parts = Promise.all(started.map(({ part }) => part))
  // Else a generator that fails while others connect would be nobody's.
  parts.catch(() => {})
  await Promise.race([Promise.all(started.map(({ ready }) => ready)), parts])
  await beforeStart()
  const beginAt = performance.timeOrigin + performance.now() + leadMs
  for (const { go } of started) go({ beginAt })
  return { ...merge(await parts), beginAt, ended: Promise.all(started.map(({ ended }) => ended)) }
}

function startGenerator(job: LoadJob, nodeOptions: string[], onProgress: (progress: LoadProgress) => void) {
  const child = startChild('load-child.js', nodeOptions)
  let isReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    isReady = resolve
  })
  const part = new Promise<LoadPart>((resolve, reject) => {
    let failure: string | undefined
    child.on('message', (message: LoadMessage) => {
      switch (message.kind) {
        case 'ready':
          isReady()
          break
        case 'progress':
          onProgress(message)
          break
        case 'done':
          resolve(message.part)
          break
        case 'failed':
          failure = message.reason
          break
        default:
          message satisfies never
      }
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(failure ?? `a load generator ended with ${signal ?? code}`)))
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.send(job)
  return { ready, part, ended, go: (message: GoMessage) => void child.send(message) }
}

function merge(parts: readonly LoadPart[]): Omit<LoadResult, 'beginAt' | 'ended'> {
  const sum = (figure: (part: LoadPart) => number): number => parts.reduce((sum, part) => sum + figure(part), 0)
  const stretches = parts[0]!.ackLatencies.map((_, i) => parts.map((part) => part.ackLatencies[i]!))
  return {
    frames: sum((part) => part.frames),
    points: sum((part) => part.points),
    bytes: sum((part) => part.bytes),
    retries: sum((part) => part.retries),
    seconds: Math.max(...parts.map((part) => part.seconds)),
    cpuSeconds: sum((part) => part.cpuSeconds),
    ackMilliseconds: () => mergeLatencies(stretches.flat()),
    ackOfStretches: () => stretches.map(mergeLatencies),
    at: mergeTokens(parts.map((part) => part.at).filter((at) => at !== '')) ?? '',
  }
}

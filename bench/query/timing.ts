/** How long questions take: closed loop, every client asks again as soon as it has its answer. */
import { createLatencyRecorder, type Latency } from '../latency.ts'
import type { Poster } from '../post.ts'
import type { Ask } from './question.ts'

export type Timed = { readonly latency: Latency; readonly meanBytes: number; readonly seconds: number }

export type TimingOptions = {
  readonly clients: number
  readonly seconds: number
  /** Goes on for as many, up to `longestSeconds`. */
  readonly leastSamples: number
  readonly longestSeconds: number
}

/** Until the last byte of an answer is here; asks take turns. Throws when an answer has errors. */
export async function timeAsks(poster: Poster, asks: readonly Ask[], options: TimingOptions): Promise<Timed> {
  const { clients, seconds, leastSamples, longestSeconds } = options
  const recorder = createLatencyRecorder()
  const began = performance.now()
  let asked = 0
  let answered = 0
  let bytes = 0
  const isOver = (): boolean => {
    const elapsed = (performance.now() - began) / 1_000
    return elapsed >= (answered >= leastSamples ? seconds : longestSeconds)
  }
  async function client(): Promise<void> {
    do {
      const { body } = asks[asked++ % asks.length]!
      const begin = performance.now()
      const answer = await poster.ask(body)
      recorder.record(performance.now() - begin)
      checkAnswered(answer)
      answered++
      bytes += answer.byteLength
    } while (!isOver())
  }
  await Promise.all(Array.from({ length: clients }, client))
  return { latency: recorder.summary(), meanBytes: bytes / answered, seconds: (performance.now() - began) / 1_000 }
}

const dataBegin = Buffer.from('{"data":')

/** An answer with errors begins with them; was it right, then so is the same again. */
function checkAnswered(answer: Buffer): void {
  if (answer.subarray(0, dataBegin.length).equals(dataBegin)) return
  throw new Error(`a question that was answered before was answered with ${answer.toString('utf8', 0, 500)}`)
}

/** How long questions take: closed loop, every client asks again as soon as it has its answer. */
import { findYoungCollection, letHeapGrow } from '../../schema/young-heap.ts'
import { createLatencyRecorder, type Latency } from '../latency.ts'
import type { Answered, Poster } from '../post.ts'
import type { Ask } from './question.ts'

/** One request, until the last byte of its answer. Throws when that is none. */
export type Call = () => Promise<Answered>

export type Timed = { readonly latency: Latency; readonly meanBytes: number; readonly seconds: number }

export type TimingOptions = {
  readonly clients: number
  readonly seconds: number
  /** Goes on for as many, up to `longestSeconds`. */
  readonly leastSamples: number
  readonly longestSeconds: number
}

/** The client's own garbage, outside of the clock: it would be measured as time of the server. */
const collectYoung = findYoungCollection()

/** Calls take turns. */
export async function timeCalls(calls: readonly Call[], options: TimingOptions): Promise<Timed> {
  const { clients, seconds, leastSamples, longestSeconds } = options
  // Threads that mark the heap of the client take the cores from the engine: of two, a quarter.
  letHeapGrow()
  const recorder = createLatencyRecorder()
  const began = performance.now()
  let called = 0
  let answered = 0
  let bytes = 0
  const isOver = (): boolean => {
    const elapsed = (performance.now() - began) / 1_000
    return elapsed >= (answered >= leastSamples ? seconds : longestSeconds)
  }
  async function client(): Promise<void> {
    do {
      const call = calls[called++ % calls.length]!
      const begin = performance.now()
      const { body } = await call()
      recorder.record(performance.now() - begin)
      answered++
      bytes += body.byteLength
      collectYoung?.()
    } while (!isOver())
  }
  await Promise.all(Array.from({ length: clients }, client))
  return { latency: recorder.summary(), meanBytes: bytes / answered, seconds: (performance.now() - began) / 1_000 }
}

/** Questions to GraphQL whose answers were right before: so they are again, unless there is an error in them. */
export function callsOf(poster: Poster, asks: readonly Ask[]): Call[] {
  return asks.map(({ body }) => async () => {
    const answer = await poster.ask(body)
    if (!answer.body.subarray(0, dataBegin.length).equals(dataBegin)) {
      throw new Error(`what was answered before was answered with ${answer.body.toString('utf8', 0, 500)}`)
    }
    return answer
  })
}

/** An answer with errors begins with them. */
const dataBegin = Buffer.from('{"data":')

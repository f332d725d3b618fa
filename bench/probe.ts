import { setTimeout as sleep } from 'node:timers/promises'
import { pack } from 'msgpackr'
import { connect } from './connection.ts'
import { createLatencyRecorder, type Latency } from './latency.ts'
import type { Questioner } from './questions.ts'

export type ProbeResult = {
  /** From sending a point to reading it back through GraphQL without `at`: the first point of a run. */
  readonly visibleMilliseconds: Latency
  /** The same of the next points of runs that were seen before. */
  readonly visibleInKnownRunsMilliseconds: Latency
  /** What of it is the asking: how long the questions took. */
  readonly questionMilliseconds: Latency
  /** Points that were sent, in all. */
  readonly probes: number
}

const sendEveryMs = 50
/** Between two questions, each of which takes the store 10 to 20 ms of CPU: asked three times as often they took a sixth of two processors from what is measured. */
const pollEveryMs = 60
const giveUpAfterMs = 30_000

/** Known runs take turns; each is left for another before the buckets of a curve could hide points of it. */
const knownRuns = 4
const pointsOfKnownRun = 200

type Sent = { readonly value: number; readonly sentMs: number }
/** What was sent to a run, by step, and how much of it was seen. */
type ProbedRun = { readonly sent: Sent[]; seen: number }

/**
 * Sends one point to a fresh run and one to a known run every 50 ms and asks for all that have not been seen yet, again and again,
 * until `signal` aborts and all are seen.
 */
export async function probeVisibility(
  baseUrl: string,
  apiKey: string | undefined,
  project: string,
  questions: Questioner,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const first = createLatencyRecorder()
  const next = createLatencyRecorder()
  const questionLatency = createLatencyRecorder()
  /** Runs of which not all has been seen; known runs stay. */
  const runs = new Map<string, ProbedRun>()
  let failure: string | undefined
  const connection = await connect(baseUrl, apiKey, {
    onAnswer(answer) {
      if (!answer.ok) failure = `a probe was refused: ${answer.error.code}: ${answer.error.message}`
    },
    onLost: (reason) => {
      failure = `the probe's connection was lost: ${reason}`
    },
  })
  let probes = 0

  function send(run: string): void {
    const probed = runs.get(run) ?? { sent: [], seen: 0 }
    runs.set(run, probed)
    const value = ++probes + 1 / 3
    const step = probed.sent.push({ value, sentMs: performance.now() })
    connection.send(pack({ project, run, log: [{ step, metrics: { probe: value } }] }))
  }

  function sendBoth(): void {
    const count = probes / 2
    const generation = Math.floor(count / (knownRuns * pointsOfKnownRun))
    send(`probe-${String(count).padStart(6, '0')}`)
    send(`known-${generation}-${count % knownRuns}`)
  }

  const unseen = () => [...runs].filter(([, { sent, seen }]) => seen < sent.length)

  async function poll(): Promise<void> {
    const asked = unseen()
    if (asked.length === 0) return
    const begin = performance.now()
    if (asked.some(([, { sent, seen }]) => begin - sent[seen]!.sentMs > giveUpAfterMs))
      throw new Error(`a probe was not visible in ${giveUpAfterMs} ms`)
    const names = asked.map(([run]) => run)
    const answer = await questions.visible(project, names, 'probe')
    questionLatency.record(performance.now() - begin)
    for (const { run, values } of answer) note(run, values)
  }

  function note(run: string, values: readonly (number | string)[]): void {
    const probed = runs.get(run)
    if (probed === undefined) return
    for (; probed.seen < values.length; probed.seen++) {
      const { value, sentMs } = probed.sent[probed.seen]!
      if (values[probed.seen] !== value) throw new Error(`probe ${value} of ${run} came back as ${values[probed.seen]}`)
      const recorder = probed.seen === 0 ? first : next
      recorder.record(performance.now() - sentMs)
    }
    if (run.startsWith('probe-') && probed.seen > 0) runs.delete(run)
  }

  const timer = setInterval(() => !signal.aborted && sendBoth(), sendEveryMs)
  try {
    while (!signal.aborted || unseen().length > 0) {
      await poll()
      if (failure !== undefined) throw new Error(failure)
      await sleep(pollEveryMs)
    }
  } finally {
    clearInterval(timer)
    connection.close()
  }
  return {
    visibleMilliseconds: first.summary(),
    visibleInKnownRunsMilliseconds: next.summary(),
    questionMilliseconds: questionLatency.summary(),
    probes,
  }
}

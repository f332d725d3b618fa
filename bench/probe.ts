import { setTimeout as sleep } from 'node:timers/promises'
import { pack } from 'msgpackr'
import { parseToken, type Token } from '../schema/token.ts'
import { connect } from './connection.ts'
import { createLatencyRecorder, type Latency } from './latency.ts'
import type { Questioner } from './questions.ts'
import { covers } from './tokens.ts'

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

/** As seldom as gives a hundred latencies in ten seconds: with twice as many, and four known runs, questions took another twentieth of two processors from what is measured. */
const sendEveryMs = 100
/** Between two looks at the server's watermark. To ask for the points themselves each time took a sixth to a quarter of two processors from what is measured. */
const lookEveryMs = 40
const giveUpAfterMs = 30_000

/** The known run is left for another before the buckets of a curve could hide points of it. Several at a time would only be more to read in every part. */
const pointsOfKnownRun = 200

/** `at` once it is acknowledged. */
type Sent = { readonly value: number; readonly sentMs: number; at?: Token | undefined }
/** What was sent to a run, by step, and how much of it was seen. */
type ProbedRun = { readonly sent: Sent[]; seen: number }

/**
 * Sends one point to a fresh run and one to a known run every 100 ms, and asks for those that can be seen by the server's word as soon as it gives it,
 * until `signal` aborts and all are seen. A point is seen when the answer that has it is there; a word that does not hold is a failure.
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
  /** Runs of which not all has been seen; the known ones stay. */
  const runs = new Map<string, ProbedRun>()
  let failure: string | undefined
  /** In the order of sending, which is what acknowledgements count by, from 1. */
  const all: Sent[] = []
  const connection = await connect(baseUrl, apiKey, {
    onAnswer(answer) {
      if (answer.ok) all[answer.n - 1]!.at = parseToken(answer.at)
      else failure = `a probe was refused: ${answer.error.code}: ${answer.error.message}`
    },
    onLost: (reason) => {
      failure = `the probe's connection was lost: ${reason}`
    },
  })

  function send(run: string): void {
    const probed = runs.get(run) ?? { sent: [], seen: 0 }
    runs.set(run, probed)
    const value = all.length + 1 + 1 / 3
    const sent: Sent = { value, sentMs: performance.now() }
    all.push(sent)
    const step = probed.sent.push(sent)
    connection.send(pack({ project, run, log: [{ step, metrics: { probe: value } }] }))
  }

  function sendBoth(): void {
    const count = all.length / 2
    send(`probe-${String(count).padStart(6, '0')}`)
    send(`known-${Math.floor(count / pointsOfKnownRun)}`)
  }

  const unseen = () => [...runs].filter(([, { sent, seen }]) => seen < sent.length)

  async function look(): Promise<void> {
    const waiting = unseen()
    if (waiting.length === 0) return
    const now = performance.now()
    if (waiting.some(([, { sent, seen }]) => now - sent[seen]!.sentMs > giveUpAfterMs))
      throw new Error(`a probe was not visible in ${giveUpAfterMs} ms`)
    const watermark = parseToken(await questions.watermark())
    const due = waiting.filter(([, probed]) => isDue(probed, watermark))
    if (due.length === 0) return
    const begin = performance.now()
    const names = due.map(([run]) => run)
    const answer = await questions.visible(project, names, 'probe')
    questionLatency.record(performance.now() - begin)
    for (const { run, values } of answer) note(run, values)
    const missed = due.find(([, probed]) => isDue(probed, watermark))
    if (missed) throw new Error(`a point of ${missed[0]} cannot be seen, though the watermark has passed it`)
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
      await look()
      if (failure !== undefined) throw new Error(failure)
      await sleep(lookEveryMs)
    }
  } finally {
    clearInterval(timer)
    connection.close()
  }
  return {
    visibleMilliseconds: first.summary(),
    visibleInKnownRunsMilliseconds: next.summary(),
    questionMilliseconds: questionLatency.summary(),
    probes: all.length,
  }
}

/** Whether the next point that was not seen can be, by the watermark. */
const isDue = ({ sent, seen }: ProbedRun, watermark: Token | undefined) => covers(watermark, sent[seen]?.at)

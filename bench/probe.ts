import { setTimeout as sleep } from 'node:timers/promises'
import { pack } from 'msgpackr'
import { connect } from './connection.ts'
import { createLatencyRecorder, type Latency } from './latency.ts'
import type { Questioner } from './questions.ts'

export type ProbeResult = {
  /** From sending a point to reading it back through GraphQL without `at`. */
  readonly visibleMilliseconds: Latency
  /** What of it is the asking: how long the questions took. */
  readonly questionMilliseconds: Latency
  readonly probes: number
}

const sendEveryMs = 50
const pollEveryMs = 20
const giveUpAfterMs = 30_000

/**
 * Sends one point to a fresh run every 50 ms and asks for all that have not been seen yet, again and again, until
 * `signal` aborts and all are seen.
 */
export async function probeVisibility(
  baseUrl: string,
  apiKey: string | undefined,
  project: string,
  questions: Questioner,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const latency = createLatencyRecorder()
  const questionLatency = createLatencyRecorder()
  const unseen = new Map<string, { readonly value: number; readonly sentMs: number }>()
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

  function send(): void {
    const run = `probe-${String(probes++).padStart(6, '0')}`
    const value = probes + 1 / 3
    unseen.set(run, { value, sentMs: performance.now() })
    connection.send(pack({ project, run, log: [{ step: 1, metrics: { probe: value } }] }))
  }

  async function poll(): Promise<void> {
    const oldest = unseen.values().next().value
    if (oldest === undefined) return
    if (performance.now() - oldest.sentMs > giveUpAfterMs)
      throw new Error(`a probe was not visible in ${giveUpAfterMs} ms`)
    const begin = performance.now()
    const seen = await questions.visible(project, [...unseen.keys()], 'probe')
    questionLatency.record(performance.now() - begin)
    for (const { run, values } of seen) {
      const sent = unseen.get(run)
      if (sent === undefined || values.length === 0) continue
      if (values[0] !== sent.value) throw new Error(`probe ${run} came back as ${values[0]}`)
      latency.record(performance.now() - sent.sentMs)
      unseen.delete(run)
    }
  }

  const timer = setInterval(() => !signal.aborted && send(), sendEveryMs)
  try {
    while (!signal.aborted || unseen.size > 0) {
      await poll()
      if (failure !== undefined) throw new Error(failure)
      await sleep(pollEveryMs)
    }
  } finally {
    clearInterval(timer)
    connection.close()
  }
  return { visibleMilliseconds: latency.summary(), questionMilliseconds: questionLatency.summary(), probes }
}

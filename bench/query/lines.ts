/** One line of the results: a question, asked again and again in one way. */
import type { Latency } from '../latency.ts'
import type { Poster } from '../post.ts'
import type { Target } from '../target.ts'
import { total } from '../usage.ts'
import type { Ingest } from './beside.ts'
import { graphql, type Milliseconds, type Question } from './question.ts'
import type { SelectOne } from './select-one.ts'
import { callsOf, type Timed, timeCalls } from './timing.ts'

export type Line = {
  readonly id: string
  readonly group: Question['group']
  readonly question: string
  readonly clients: number
  readonly asked: Milliseconds | null
  /** Until the last byte of the answer was here. */
  readonly measured: Latency
  readonly samples: number
  readonly questionsPerSecond: number
  /** Whether both are within what was asked; null where nothing was. */
  readonly met: boolean | null
  /** Different questions, each answer held against brute force before. */
  readonly verified: number
  /** Of an answer, on average. */
  readonly bytes: number
  /** Null where it cannot be told: of a server elsewhere, or with ingest beside. */
  readonly serverCpuSecondsPerQuestion: number | null
  /** Directly in an embedded store of this process's own, just after the line. */
  readonly selectOneMilliseconds: number
  /** The cheapest question over HTTP that asks the store, just before the line, with the same load. */
  readonly smallestQuestionMilliseconds: number
  /** The same questions as a plain scan; null where the store was out of reach. */
  readonly rawScanMilliseconds: number | null
  /** What was sent meanwhile, and how long its acknowledgements took. */
  readonly ingest: { readonly pointsPerSecond: number; readonly ackMilliseconds: Latency } | null
  readonly plot: Question['plot'] | null
}

export type LineContext = {
  readonly target: Target
  readonly poster: Poster
  readonly selectOne: SelectOne
  readonly seconds: number
  /** By the question's id. */
  readonly scans: Readonly<Record<string, number>>
}

/** A run that there is not: one look into the index of a small table. */
const smallest = { body: graphql('{ run(project: "none", run: "none") { run } }', {}), verify: () => {} }
const smallestSamples = 20
/** A p99 of few answers says little, so slow lines go on for more; but not for ever. */
const samplesPerSecond = 30
const patience = 8
/** Until what answers has been compiled, here and there: what is asked for is of a server that is warm. */
const warmUp = (clients: number, seconds: number) => ({
  ...{ clients, seconds: Math.min(1, seconds) },
  leastSamples: 3,
  longestSeconds: 10,
})

/** One client or several, with nothing beside them. */
export async function measureLine(context: LineContext, question: Question, clients: number): Promise<Line> {
  const { target, poster, seconds } = context
  await timeCalls(callsOf(poster, question.asks), warmUp(clients, seconds))
  const smallestMs = await smallestQuestion(poster)
  const before = await target.cpuSeconds()
  const timed = await timeCalls(callsOf(poster, question.asks), {
    ...{ clients, seconds },
    leastSamples: seconds * samplesPerSecond,
    longestSeconds: seconds * patience,
  })
  const after = await target.cpuSeconds()
  const cpu = before && after ? (total(after) - total(before)) / timed.latency.count : null
  return lineOf(context, question, {
    ...{ clients, timed, smallestMs, asked: question.asked, ingest: null },
    serverCpuSecondsPerQuestion: cpu,
  })
}

/** One client, while points come in. */
export async function measureUnderLoad(context: LineContext, question: Question, ingest: Ingest): Promise<Line> {
  const { poster, seconds } = context
  await timeCalls(callsOf(poster, question.asks), warmUp(1, seconds))
  const { result, pointsPerSecond, ackMilliseconds } = await ingest.during(seconds + 0.5, async () => {
    const smallestMs = await smallestQuestion(poster)
    return {
      smallestMs,
      timed: await timeCalls(callsOf(poster, question.asks), {
        clients: 1,
        seconds,
        leastSamples: 0,
        longestSeconds: seconds,
      }),
    }
  })
  return lineOf(context, question, {
    ...result,
    ...{ clients: 1, asked: question.underLoad?.asked ?? null, ingest: { pointsPerSecond, ackMilliseconds } },
    serverCpuSecondsPerQuestion: null,
  })
}

type Findings = Pick<Line, 'clients' | 'asked' | 'ingest' | 'serverCpuSecondsPerQuestion'> & {
  readonly timed: Timed
  readonly smallestMs: number
}

async function lineOf(context: LineContext, question: Question, found: Findings): Promise<Line> {
  const { timed, smallestMs, asked, ingest } = found
  const { latency } = timed
  return {
    id: question.id + (ingest === null ? '' : '-under-load'),
    group: question.group,
    question: question.question,
    clients: found.clients,
    asked,
    measured: latency,
    samples: latency.count,
    questionsPerSecond: latency.count / timed.seconds,
    met: asked === null || found.clients > 1 ? null : latency.p50 <= asked.p50 && latency.p99 <= asked.p99,
    verified: question.asks.length,
    bytes: Math.round(timed.meanBytes),
    serverCpuSecondsPerQuestion: found.serverCpuSecondsPerQuestion,
    selectOneMilliseconds: await context.selectOne.median(),
    smallestQuestionMilliseconds: smallestMs,
    rawScanMilliseconds: context.scans[question.id] ?? null,
    ingest,
    plot: question.plot ?? null,
  }
}

async function smallestQuestion(poster: Poster): Promise<number> {
  const { latency } = await timeCalls(callsOf(poster, [smallest]), {
    ...{ clients: 1, seconds: 0, longestSeconds: 10 },
    leastSamples: smallestSamples,
  })
  return latency.p50
}

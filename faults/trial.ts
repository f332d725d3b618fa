import { setTimeout as sleep } from 'node:timers/promises'
import { type ApiAnswers, readAnswers, untilDrained, untilStill } from './answers-of-api.ts'
import type { Broken } from './breakage.ts'
import { type Conductor, startConductor } from './conductor.ts'
import { judge } from './judge.ts'
import { createLedger, type Ledger, newestToken, noteProblem } from './ledger.ts'
import { type Load, startLoad } from './load.ts'
import { type LoadSpec, makePlan } from './plan.ts'
import type { Fault } from './schedule.ts'
import { isClean, type Verdict } from './verdict.ts'
import type { World } from './world.ts'

export type TrialOptions = {
  readonly spec: LoadSpec
  readonly clients: number
  readonly rate: number | undefined
  readonly schedule: readonly Fault[]
  /** What a scenario does and measures beside the schedule, while the load runs. */
  readonly script?: (stage: Stage) => Promise<Readonly<Record<string, unknown>>>
  readonly onProgress: (text: string) => void
  readonly onFault?: (text: string) => void
}

/** What a script has to do with. */
export type Stage = {
  readonly world: World
  readonly ledger: Ledger
  /** Points that are acknowledged or given up on. */
  decided(): number
  /** Whether the load has ended. */
  over(): boolean
  /** Keeps faults and the supervisor away from a node, until the returned function is called. */
  hold(node: object): () => void
  /** Resolves when this part of the load is decided, or all of it. */
  reached(part: number): Promise<void>
}

export type Trial = {
  readonly ledger: Ledger
  readonly verdict: Verdict
  readonly broken: Broken
  readonly clean: boolean
  /** From the first frame to the last acknowledgement. */
  readonly seconds: number
  /** From then, with everything healed, until all of it can be asked for; undefined: not in time. */
  readonly drainedSeconds: number | undefined
  readonly judgedSeconds: number
  readonly extras: Readonly<Record<string, unknown>>
}

const answerTimeoutMs = 5_000
const drainTimeoutMs = 60_000
/** A load that decides nothing for so long, though no fault is to come, never will. */
const stuckMs = 150_000
const lookMs = 200
const stillMs = 600

/** One load, its faults, and the judgement. */
export async function runTrial(world: World, options: TrialOptions): Promise<Trial> {
  const { spec, schedule, onProgress } = options
  const ledger = createLedger(makePlan(spec))
  const { counts } = ledger
  const decided = () => counts.acked + counts.abandoned
  let over = false
  const conductor = startConductor({
    ...{ world, schedule, progress: decided, over: () => over },
    onFault: options.onFault ?? (() => {}),
  })
  const started = performance.now()
  const load = startLoad({
    ...{ ledger, urls: world.frameUrls, clients: options.clients, answerTimeoutMs, rate: options.rate },
    allowance: conductor.allowance,
  })
  const stage: Stage = {
    ...{ world, ledger, decided, over: () => over, hold: conductor.hold },
    async reached(part) {
      while (!over && decided() < part * spec.points) await sleep(lookMs / 10)
    },
  }
  const script = options.script?.(stage) ?? Promise.resolve({})
  // Both are awaited below; until then a failure must not end the process.
  script.catch(() => {})
  conductor.finished.catch(() => {})
  try {
    await untilLoaded(load, ledger, conductor, decided, (text) => {
      onProgress(`${text}, ${conductor.begun()} of ${schedule.length} faults`)
    })
  } finally {
    over = true
  }
  const seconds = (performance.now() - started) / 1_000
  await conductor.finished
  const extras = await script
  await world.heal()
  const { drainedSeconds, answers } = await askApi(world, ledger)
  const judging = performance.now()
  const sql = <T>(statement: string) => world.sql<T>(statement)
  const verdict = await judge(ledger, sql, answers, (runs) => onProgress(`judged ${runs} of ${spec.runs} runs`))
  return {
    ...{ ledger, verdict, broken: conductor.broken, seconds, drainedSeconds, extras },
    clean: isClean(verdict) && ledger.problems.length === 0,
    judgedSeconds: (performance.now() - judging) / 1_000,
  }
}

async function untilLoaded(
  load: Load,
  ledger: Ledger,
  conductor: Conductor,
  decided: () => number,
  onProgress: (text: string) => void,
): Promise<void> {
  let loaded = false
  let before = -1
  let sinceMs = performance.now()
  const finished = load.finished.then(() => {
    loaded = true
  })
  for (;;) {
    const late = new AbortController()
    await Promise.race([
      finished,
      conductor.finished.then(() => sleep(lookMs)),
      sleep(lookMs, 0, { signal: late.signal }),
    ])
    late.abort()
    if (loaded) return
    const { acked, sentAgain } = ledger.counts
    onProgress(`${acked} of ${ledger.plan.points} points acknowledged, ${sentAgain} frames sent again`)
    if (decided() !== before) sinceMs = performance.now()
    before = decided()
    if (performance.now() - sinceMs < stuckMs) continue
    const open = await load.abort()
    noteProblem(ledger, `${open} frames were not acknowledged, and nothing was for ${stuckMs} ms`)
    return
  }
}

/** First the public API, while everything runs. */
async function askApi(
  world: World,
  ledger: Ledger,
): Promise<{ drainedSeconds: number | undefined; answers: ApiAnswers | undefined }> {
  const at = newestToken(ledger)
  try {
    const drainedMs = await untilDrained(world.questionUrl, at, drainTimeoutMs)
    const still = await untilStill(world.questionUrl, stillMs, drainTimeoutMs)
    const answers = await readAnswers(world.questionUrl, ledger.plan, still)
    return { drainedSeconds: drainedMs / 1_000, answers }
  } catch (error) {
    const { message, actual } = error as Error & { actual?: unknown }
    noteProblem(ledger, actual === undefined ? message : `${message}: ${JSON.stringify(actual)}`)
    return { drainedSeconds: undefined, answers: undefined }
  }
}

import type { Options } from './options.ts'
import type { Trial } from './trial.ts'
import { describe } from './verdict.ts'

/** The figures of a trial, as written to `--json`; see README.md for each. */
export function resultOf(options: Options, trial: Trial) {
  const { ledger, verdict, broken } = trial
  const { counts } = ledger
  const { differences, ...figures } = verdict
  const round = (value: number) => Math.round(value * 1_000) / 1_000
  return {
    scenario: options.scenario,
    log: options.log,
    seed: options.seed,
    points: options.points,
    runs: options.runs,
    clean: trial.clean,
    sent: counts.sent,
    acked: counts.acked,
    abandoned: counts.abandoned,
    ...figures,
    frames: counts.frames,
    framesSentAgain: counts.sentAgain,
    refusals: Object.fromEntries(ledger.refusals),
    kills: broken.kills,
    stops: broken.stops,
    cuts: broken.cuts,
    otherFaults: broken.others,
    ownDeaths: broken.ownDeaths,
    lastWords: broken.lastWords,
    seconds: round(trial.seconds),
    pointsPerSecond: Math.round(counts.acked / trial.seconds),
    drainedSeconds: trial.drainedSeconds === undefined ? null : round(trial.drainedSeconds),
    judgedSeconds: round(trial.judgedSeconds),
    judgeResidentBytes: process.memoryUsage().rss,
    problems: ledger.problems,
    differences: differences.map(describe),
    ...trial.extras,
  }
}

export type Result = ReturnType<typeof resultOf>

/** The result for people. */
export function summary(result: Result & { readonly keptIn: string | undefined }): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  const { missing, duplicated, mismatched, unsent, wrongSummaries, wrongMetadata, wrongAnswers, deadLetters } = result
  const damage = { missing, duplicated, mismatched, unsent, wrongSummaries, wrongMetadata, wrongAnswers, deadLetters }
  return [
    `${result.scenario} on ${result.log}, seed ${result.seed}: ${result.clean ? 'nothing lost, doubled or altered' : 'DAMAGE'}`,
    `  points    ${result.sent} sent, ${result.acked} acknowledged, ${result.stored} stored (${result.abandonedStored} of ${result.abandoned} given up on)`,
    `  damage    ${list(damage)}`,
    `  kills     ${list(result.kills)}; stops ${list(result.stops)}; cuts ${list(result.cuts)}; others ${list(result.otherFaults)}`,
    ...(result.ownDeaths > 0
      ? [`  deaths    ${result.ownDeaths} nodes ended by themselves; lastWords has what they wrote`]
      : []),
    `  refusals  ${list(result.refusals)}; ${result.framesSentAgain} of ${result.frames} frames sent again`,
    `  time      ${result.seconds} s, ${result.pointsPerSecond} points/s, drained in ${result.drainedSeconds} s, judged in ${result.judgedSeconds} s`,
    ...result.problems.map((problem) => `  problem   ${problem}`),
    ...result.differences.map((difference) => `  ${difference}`),
    ...(result.keptIn === undefined ? [] : [`  data and logs are in ${result.keptIn}`]),
  ].join('\n')
}

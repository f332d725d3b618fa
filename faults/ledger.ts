import { formatToken, parseToken } from '../schema/token.ts'
import { pointsOf } from './frame.ts'
import type { Lane, Plan } from './plan.ts'

/** What became of a frame, as its writer knows it. `abandoned`: given up on, or sent without a number and not acknowledged. */
export const fates = { unsent: 0, open: 1, acked: 2, abandoned: 3 } as const
export type Fate = (typeof fates)[keyof typeof fates]

export type LaneLedger = {
  readonly lane: Lane
  /** One byte a frame. */
  fate: Uint8Array
  /** Number of the next new frame. */
  next: number
  /** No frame below it is open. */
  settled: number
  abandoned: number
}

/** All that the oracle must remember: one byte per frame, and a few sums. */
export type Ledger = {
  readonly plan: Plan
  readonly lanes: readonly LaneLedger[]
  readonly counts: { sent: number; acked: number; abandoned: number; frames: number; sentAgain: number }
  /** Answers that were refusals, by code. */
  readonly refusals: Map<string, number>
  /** What no client should ever see. */
  readonly problems: string[]
  /** Offset of the newest acknowledged write by partition. */
  readonly offsets: Map<number, number>
  log: string | undefined
}

export function createLedger(plan: Plan): Ledger {
  const lanes = plan.planned.flatMap((run) => run.lanes)
  return {
    plan,
    lanes: lanes.map((lane) => ({ lane, fate: new Uint8Array(64), next: 0, settled: 0, abandoned: 0 })),
    counts: { sent: 0, acked: 0, abandoned: 0, frames: 0, sentAgain: 0 },
    ...{ refusals: new Map(), problems: [], offsets: new Map(), log: undefined },
  }
}

/** Takes the lane's next frame; it counts as sent from now on. */
export function openFrame(ledger: Ledger, of: LaneLedger): number {
  const seq = of.next++
  if (seq >= of.fate.length) {
    const larger = new Uint8Array(of.fate.length * 2)
    larger.set(of.fate)
    of.fate = larger
  }
  of.fate[seq] = fates.open
  ledger.counts.frames++
  ledger.counts.sent += pointsOf(ledger.plan, of.lane, seq)
  return seq
}

/** An acknowledgement that comes after its frame was given up on still counts. */
export function settleFrame(ledger: Ledger, of: LaneLedger, seq: number, fate: 'acked' | 'abandoned'): void {
  const before = of.fate[seq]
  if (before === fates.acked || before === fates[fate]) return
  const points = pointsOf(ledger.plan, of.lane, seq)
  if (before === fates.abandoned) {
    ledger.counts.abandoned -= points
    of.abandoned--
  }
  if (fate === 'abandoned') of.abandoned++
  ledger.counts[fate] += points
  of.fate[seq] = fates[fate]
  while (of.settled < of.next && of.fate[of.settled] !== fates.open) of.settled++
}

export function noteRefusal(ledger: Ledger, code: string): void {
  ledger.refusals.set(code, (ledger.refusals.get(code) ?? 0) + 1)
}

export function noteProblem(ledger: Ledger, problem: string): void {
  if (ledger.problems.length < 100) ledger.problems.push(problem)
}

/** Remembers how far the acknowledged writes go. */
export function noteToken(ledger: Ledger, text: string): void {
  const token = parseToken(text)
  if (token === undefined) {
    noteProblem(ledger, `an acknowledgement carried what is no token: ${text}`)
    return
  }
  if (ledger.log !== undefined && ledger.log !== token.log) {
    noteProblem(ledger, `acknowledgements of two logs: ${ledger.log} and ${token.log}`)
  }
  ledger.log = token.log
  for (const [partition, offset] of token.offsets) {
    if (offset > (ledger.offsets.get(partition) ?? -1)) ledger.offsets.set(partition, offset)
  }
}

/** One token for everything that was acknowledged; undefined when nothing was. */
export function newestToken({ log, offsets }: Ledger): string | undefined {
  return log === undefined ? undefined : formatToken({ log, offsets })
}

import type { Random } from '../test/random.ts'
import { fates, type LaneLedger, type Ledger, noteProblem, openFrame, settleFrame } from './ledger.ts'
import { draw } from './plan.ts'

/** A frame on its way. */
export type Pending = { readonly of: LaneLedger; readonly seq: number }

/** What one client has to send: the new frames of its lanes, and again those that were not acknowledged. */
export type Feed = {
  /** Undefined: nothing may go now. */
  take(): Pending | undefined
  acked(frame: Pending): void
  /** The answer did not come, or was a refusal that allows another try. */
  failed(frame: Pending): void
  /** Refused for good, which no frame of ours should be. */
  refused(frame: Pending, reason: string): void
  /** Everything that was sent is decided and there is nothing new. */
  done(): boolean
  /** Frames that are neither acknowledged nor given up on. */
  open(): number
  /** Gives up on whatever is open. */
  giveUp(): void
}

export type FeedOptions = {
  readonly ledger: Ledger
  readonly lanes: readonly LaneLedger[]
  readonly random: Random
  /** Points that may have been sent by now, over all clients. */
  readonly allowance: () => number
}

/** One in so many frames is given up on when it fails. */
const abandonsOneIn = 40

export function createFeed({ ledger, lanes, random, allowance }: FeedOptions): Feed {
  const { plan, counts } = ledger
  const again: Pending[] = []
  let open = 0
  let turn = 0

  function takeNew(): Pending | undefined {
    if (counts.sent >= Math.min(plan.points, allowance())) return undefined
    for (let tried = 0; tried < lanes.length; tried++) {
      const of = lanes[turn++ % lanes.length]!
      if (of.next - of.settled >= of.lane.window) continue
      open++
      return { of, seq: openFrame(ledger, of) }
    }
    return undefined
  }

  /** In any order: what is sent again overtakes and is overtaken. */
  function takeAgain(): Pending | undefined {
    if (again.length === 0) return undefined
    const at = Math.floor(random() * again.length)
    const frame = again[at]!
    again[at] = again.at(-1)!
    again.pop()
    counts.sentAgain++
    return frame
  }

  function settle({ of, seq }: Pending, fate: 'acked' | 'abandoned'): void {
    if (of.fate[seq] === fates.open) open--
    settleFrame(ledger, of, seq, fate)
  }

  return {
    take: () => (again.length > 0 && random() < 0.7 ? takeAgain() : (takeNew() ?? takeAgain())),
    acked: (frame) => settle(frame, 'acked'),
    failed(frame) {
      const { of, seq } = frame
      if (of.fate[seq] !== fates.open) return
      const leaves = draw(plan.seed ^ of.lane.index, seq, 40) % abandonsOneIn === 0
      const gap = of.abandoned < of.lane.abandonsAtMost
      if (of.lane.writer === undefined || (leaves && gap)) settle(frame, 'abandoned')
      else again.push(frame)
    },
    refused(frame, reason) {
      const { lane } = frame.of
      noteProblem(ledger, `frame ${frame.seq} of ${lane.run}/${lane.writer ?? 'nobody'} was refused: ${reason}`)
      settle(frame, 'abandoned')
    },
    done: () => open === 0 && counts.sent >= plan.points,
    open: () => open,
    giveUp() {
      for (const of of lanes) {
        for (let seq = of.settled; seq < of.next; seq++) {
          if (of.fate[seq] === fates.open) settle({ of, seq }, 'abandoned')
        }
      }
      again.length = 0
    },
  }
}

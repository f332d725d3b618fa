/** Others asked the same, at sizes they can hold, on the same machine in the same run. */
import type { Latency } from '../../latency.ts'
import type { Call } from '../timing.ts'

export type PeerQuestion = {
  readonly question: string
  /** The line of ours that asks the same of as much or more; null where none does. */
  readonly ours: string | null
  /** What differs. */
  readonly note: string
  /** Throws when the answer is not what was loaded, as far as the peer keeps it. */
  readonly verify: () => Promise<void>
  readonly call: Call
}

/** Running, with its data loaded. */
export type LoadedPeer = {
  readonly questions: readonly PeerQuestion[]
  /** How the data came in. */
  readonly loaded: string
  readonly cpuSeconds: () => number
  readonly stop: () => Promise<void>
}

export type PeerLine = Pick<PeerQuestion, 'question' | 'ours' | 'note'> & {
  readonly measured: Latency
  readonly samples: number
  readonly bytes: number
  readonly cpuSecondsPerQuestion: number
}

export type PeerFindings =
  | { readonly version: string; readonly loaded: string; readonly lines: readonly PeerLine[] }
  | { readonly unavailable: string }

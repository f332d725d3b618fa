import type { DeadReason } from '../../schema/dead-letters.ts'

/** A frame that was acknowledged and cannot be stored: kept with the reason. */
export type DeadLetter = {
  readonly offset: number
  readonly block: number
  readonly project: string
  readonly run: string
  readonly reason: DeadReason
  readonly detail: string
  readonly frame: Uint8Array
  readonly receivedMs: number
}

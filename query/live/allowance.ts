import { limits } from '../../schema/limits.ts'

/** How much a client may send: so many messages at once, and then again so many each second. */
export function createAllowance(now: () => number = () => performance.now()): { take(): boolean } {
  let left: number = limits.liveMessagesAtOnce
  let sinceMs = now()
  return {
    take() {
      const nowMs = now()
      const earned = ((nowMs - sinceMs) / 1000) * limits.liveMessagesPerSecond
      left = Math.min(limits.liveMessagesAtOnce, left + earned)
      sinceMs = nowMs
      if (left < 1) return false
      left--
      return true
    },
  }
}

import type { Dataset } from './dataset.ts'
import type { Sender } from './sender-context.ts'

export type PaceOptions = {
  readonly dataset: Dataset
  readonly fromFrame: number
  /** When a frame is due, ms; undefined: all are from the start on. */
  readonly dueMs: ((frame: number) => number) | undefined
  /** Whether the frame is of one of this generator's connections. */
  readonly isMine: (frame: number) => boolean
}

/**
 * Tells senders when they may send. In the open loop a clock of a millisecond allows each frame when it is due; a frame's latency
 * counts from then, however late it is sent. What that costs goes by frames, not by connections.
 */
export function createPace(options: PaceOptions, senderOf: (connection: number) => Sender) {
  const { dataset, dueMs, isMine } = options
  let next = options.fromFrame
  let timer: NodeJS.Timeout | undefined

  function release(connections: number, due: (frame: number) => number): void {
    const nowMs = performance.now()
    for (; next < dataset.frames; next++) {
      if (!isMine(next)) continue
      if (due(next) > nowMs) return
      senderOf((next % dataset.runs) % connections).allow()
    }
    clearInterval(timer)
  }

  return {
    start(connections: number): void {
      if (dueMs === undefined) {
        for (let index = 0; index < connections; index++) senderOf(index)?.pump()
        return
      }
      timer = setInterval(release, 1, connections, dueMs)
      release(connections, dueMs)
    },
    stop: () => clearInterval(timer),
  }
}

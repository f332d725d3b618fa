import type { Batches, FillTurn } from './batches.ts'
import { type SinkSettings, sharersOf } from './settings.ts'
import type { Batch } from './state.ts'

/** The batches of a partition: one fills while others are on their way. */
export type Filling = {
  /** What is read goes into this one. */
  batch(): Batch
  /** Since when that one may become larger than usual, ms; absent: it may not. */
  turnMs(): number | undefined
  /**
   * To be awaited before more is read. A partition that is far behind waits for its turn, for then its points are late in any case: blocks of a few
   * that fill quickly are larger, and so cheaper, than those of all that fill side by side.
   */
  turn(isFarBehind: boolean): Promise<void>
  /** The one that fills is on its way, and another fills. */
  depart(): Batch
  /** It is stored, or never will be by this sink. */
  arrived(batch: Batch): void
  /** Of those on their way none is left. */
  end(): void
}

/** `stopping`: no more is read once it is aborted. */
export function createFilling(batches: Batches, settings: SinkSettings, stopping: AbortSignal): Filling {
  const isAlone = () => sharersOf(settings) === 1
  const turns = new Map<Batch, FillTurn>()
  let filling = batches.take(isAlone())
  let hasEnded = false

  function arrived(batch: Batch): void {
    endTurn(batch)
    batches.giveBack(batch)
  }

  function endTurn(batch: Batch): void {
    const turn = turns.get(batch)
    if (turn && turns.delete(batch)) batches.turns.giveBack(turn)
  }

  return {
    batch: () => filling,
    turnMs: () => turns.get(filling)?.sinceMs,
    async turn(isFarBehind) {
      if (!isFarBehind || isAlone()) {
        // What is left of it is no large block.
        if (filling.first < 0) endTurn(filling)
        return
      }
      if (turns.has(filling)) return
      const turn = await batches.turns.take(stopping).catch(() => undefined)
      if (!turn) return
      if (filling.first < 0) {
        batches.giveBack(filling)
        filling = batches.take(true)
      }
      turn.sinceMs = performance.now()
      turns.set(filling, turn)
    },
    depart() {
      const batch = filling
      filling = batches.take(isAlone())
      return batch
    },
    arrived,
    end() {
      if (!hasEnded) arrived(filling)
      hasEnded = true
    },
  }
}

import type { Context } from '../context.ts'

/** Waits until the store shows every write up to `at`; `summaries` says whether series summaries are part of the answer. */
export async function arrive(context: Context, at: string | null | undefined, summaries: boolean): Promise<void> {
  if (at === null || at === undefined) return
  const { watermark, settings, turn } = context
  const reached = watermark.reached(at, { summaries, timeoutMs: settings.watermarkTimeoutMs })
  await (turn ? turn.rest(reached) : reached)
}

import type { Context } from '../context.ts'

/** Waits until the store shows every write up to `at`; `summaries` says whether series summaries are part of the answer. */
export async function arrive(context: Context, at: string | null | undefined, summaries: boolean): Promise<void> {
  if (at === null || at === undefined) return
  await context.watermark.reached(at, { summaries, timeoutMs: context.settings.watermarkTimeoutMs })
}

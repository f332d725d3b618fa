import type { Watermark } from '../../schema/store.ts'

/** So old may be what an answer says of how current it is, ms. */
const answerAgeMs = 1_000

/** How current an answer is: read before the store is asked, so that it never claims too much. */
export type Currency = { readonly watermark: string; readonly watermarkTime: number }

export async function currencyOf(watermark: Watermark, ageMs = answerAgeMs): Promise<Currency> {
  await watermark.refresh(ageMs)
  return { watermark: watermark.current(), watermarkTime: watermark.currentTimeMs() }
}

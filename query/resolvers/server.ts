import { limits } from '../../schema/limits.ts'
import type { Context } from '../context.ts'
import { currencyOf } from './currency.ts'

/** So old may be the watermark for which somebody asks: who looks again and again is not to see a point later for it. */
const watermarkAgeMs = 20

export async function resolveServer(_: unknown, __: unknown, { watermark }: Context) {
  return { limits, ...(await currencyOf(watermark, watermarkAgeMs)) }
}

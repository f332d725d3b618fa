import type { GraphQLResolveInfo } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { Context } from '../context.ts'
import { currencyOf } from './currency.ts'
import { selectsAny } from './selected.ts'

/** So old may be the watermark for which somebody asks: who looks again and again is not to see a point later for it. */
const watermarkAgeMs = 20

export async function resolveServer(_: unknown, __: unknown, { watermark }: Context, info: GraphQLResolveInfo) {
  // Whoever asks for the limits alone waits for no log.
  const ageMs = selectsAny(info, ['watermark', 'watermarkTime']) ? watermarkAgeMs : Number.POSITIVE_INFINITY
  return { limits, ...(await currencyOf(watermark, ageMs)) }
}

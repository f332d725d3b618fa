import { limits } from '../../schema/limits.ts'
import type { Context } from '../context.ts'

export function resolveServer(_: unknown, __: unknown, { watermark }: Context) {
  return { limits, watermark: watermark.current(), watermarkTime: watermark.currentTimeMs() }
}

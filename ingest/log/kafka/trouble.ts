import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../../../schema/errors.ts'
import type { KafkaOptions } from './options.ts'

/** The topic or the group is not what it must be; trying again does not help. */
export class LogMisfit extends Error {}

/** Records or commits that must be there are gone. Nothing is stored until somebody has looked. */
export class LogDamaged extends Error {}

/** Until Kafka answers; what is wrong with what we ask of it is thrown. */
export async function untilReachable<T>(options: KafkaOptions, what: string, work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (error instanceof LogMisfit || error instanceof LogDamaged) throw error
      if (options.signal?.aborted) throw new Refusal('shutting_down', undefined, error)
      if (attempt % 20 === 0) options.logger.warn({ err: error, attempt }, `${what}: Kafka does not answer; waiting`)
      await sleep(Math.min(1_000, 100 * 2 ** attempt), undefined, { signal: options.signal }).catch(() => {})
    }
  }
}

type Wrapped = {
  readonly type?: unknown
  readonly cause?: unknown
  readonly originalError?: unknown
  readonly errors?: readonly unknown[]
}

/** Name of Kafka's error, through kafkajs's wrappings. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (let at = error as Wrapped | undefined; at; at = (at.cause ?? at.originalError ?? at.errors?.[0]) as Wrapped) {
    if (typeof at.type === 'string' && at.type !== '') return at.type
  }
  return undefined
}

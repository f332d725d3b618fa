import { type StoreStreamer, StoreTrouble } from '../../schema/store.ts'
import { type Pieces, streamAnswer } from './engine-stream.ts'
import { engineError, textValues } from './pool.ts'
import { storeTroubleOf } from './reader.ts'
import type { Sessions } from './sessions.ts'
import { assertQuestion, withoutSettings } from './statement-settings.ts'
import { streamSettings } from './stream-settings.ts'

/** Streams of the embedded engine, from read-only sessions. */
export function createStreamer(sessions: Sessions): StoreStreamer {
  return {
    async stream(sql, format, parameters, { memoryBytes, signal }) {
      assertQuestion(sql)
      const bare = withoutSettings(sql)
      const request = {
        statement: bare.statement,
        settings: { ...bare.settings, ...streamSettings(memoryBytes) },
        parameters: textValues(parameters),
        readOnly: true,
        signal,
      }
      const trouble = (error: unknown) => (signal?.aborted ? signal.reason : troubleOf(error))
      return await named(() => streamAnswer(sessions, request, format), trouble)
    },
  }
}

const troubleOf = (error: unknown) => (error instanceof StoreTrouble ? error : storeTroubleOf(engineError(error)))

/** Pieces whose errors are told by name, at the begin and in the middle. */
export async function named(begin: () => Promise<Pieces>, trouble: (error: unknown) => unknown): Promise<Pieces> {
  const fail = (error: unknown): never => {
    throw trouble(error)
  }
  const pieces = await begin().catch(fail)
  const told: Pieces = {
    [Symbol.asyncIterator]: () => told,
    next: () => pieces.next().catch(fail),
    return: () => pieces.return(),
  }
  return told
}

import { type StoreStreamer, StoreTrouble } from '../../schema/store.ts'
import { streamAnswer } from './engine-stream.ts'
import { engineError, textValues } from './pool.ts'
import { storeTroubleOf } from './reader.ts'
import type { Sessions } from './sessions.ts'
import { assertQuestion, withoutSettings } from './statement-settings.ts'
import { named } from './stream-pieces.ts'
import { streamSettings } from './stream-settings.ts'

/** Streams of the embedded engine, from read-only sessions. */
export function createStreamer(sessions: Sessions): StoreStreamer {
  return {
    async stream(sql, format, parameters, { memoryBytes, signal }) {
      async function begin() {
        assertQuestion(sql)
        const bare = withoutSettings(sql)
        const request = {
          statement: bare.statement,
          settings: { ...bare.settings, ...streamSettings(memoryBytes) },
          parameters: textValues(parameters),
          readOnly: true,
          signal,
        }
        return await streamAnswer(sessions, request, format)
      }
      return await named(begin, (error) => (signal?.aborted ? signal.reason : troubleOf(error)))
    },
  }
}

const troubleOf = (error: unknown) => (error instanceof StoreTrouble ? error : storeTroubleOf(engineError(error)))

import { failure } from '../failures.ts'
import type { ExportEnd, ExportMeasures } from './measures.ts'

/** The right to export. */
export type Place = {
  /** Aborts when the client is gone or the place is taken back: after its lifetime. */
  readonly signal: AbortSignal
  /** However often it is called, only the first time counts. */
  giveBack(how: ExportEnd): void
}

/** So many exports at once; each of them ends. */
export function createPlaces(count: number, measures: Pick<ExportMeasures, 'begun' | 'ended'>) {
  let free = count
  return {
    /** @throws a failure BUSY when all are taken */
    take(client: AbortSignal, lifetimeMs: number): Place {
      client.throwIfAborted()
      if (free === 0) throw failure('BUSY', `${count} exports are under way; ask again when one has ended`)
      free--
      measures.begun()
      const stop = new AbortController()
      const late = () => stop.abort(new Error(`the export took longer than ${lifetimeMs} ms`))
      const timer = setTimeout(late, lifetimeMs)
      let taken = true
      const giveBack = (how: ExportEnd) => {
        if (!taken) return
        taken = false
        clearTimeout(timer)
        client.removeEventListener('abort', gone)
        free++
        measures.ended(how)
      }
      // A client that goes away before its answer begins never reads it to an end.
      const gone = () => {
        stop.abort(client.reason)
        giveBack('broken')
      }
      client.addEventListener('abort', gone, { once: true })
      return { signal: stop.signal, giveBack }
    },
  }
}

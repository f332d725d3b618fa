import type { Plugin } from 'graphql-yoga'
import { requestFailure } from '../failures.ts'

export type TurnSettings = { readonly operationsAtOnce: number; readonly operationsWaiting: number }

/** Lets a bounded number of operations run at once and a bounded number wait; refuses the rest at once, so that they can be retried elsewhere. */
export function useTurns(settings: TurnSettings): Plugin {
  const turns = createTurns(settings)
  return {
    onExecute({ executeFn, setExecuteFn, context }) {
      setExecuteFn(async (args) => {
        const turn = turns.take(context.request?.signal)
        if (!turn) return { errors: [requestFailure('BUSY', 'too many questions at once; ask again in a moment')] }
        await turn
        try {
          return await executeFn(args)
        } finally {
          turns.giveBack()
        }
      })
    },
  }
}

type Turns = {
  /** Resolves when it is the caller's turn; undefined when the queue is full. Rejects when the client goes away before. */
  take(signal?: AbortSignal): Promise<void> | undefined
  giveBack(): void
}

export function createTurns({ operationsAtOnce, operationsWaiting }: TurnSettings): Turns {
  let free = operationsAtOnce
  const waiting = new Set<() => void>()
  return {
    take(signal) {
      if (free > 0) {
        free--
        return Promise.resolve()
      }
      if (waiting.size >= operationsWaiting) return undefined
      return new Promise((resolve, reject) => {
        const begin = () => {
          waiting.delete(begin)
          signal?.removeEventListener('abort', giveUp)
          resolve()
        }
        const giveUp = () => {
          waiting.delete(begin)
          reject(signal?.reason)
        }
        waiting.add(begin)
        signal?.addEventListener('abort', giveUp, { once: true })
      })
    },
    giveBack() {
      const next = waiting.values().next().value
      if (next) next()
      else free++
    },
  }
}

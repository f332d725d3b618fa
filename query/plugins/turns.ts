import type { Plugin } from 'graphql-yoga'
import type { Context } from '../context.ts'
import { requestFailure } from '../failures.ts'

/** Lets operations run when it is their turn, and refuses those beyond a bounded number that waits at once, so that they can be retried elsewhere. */
export function useTurns(): Plugin {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const { turn } = args.contextValue as unknown as Context
      if (!turn) return
      setExecuteFn(async (args) => {
        const begun = turn.begin()
        if (!begun) return { errors: [requestFailure('BUSY', 'too many questions at once; ask again in a moment')] }
        await begun
        try {
          return await executeFn(args)
        } finally {
          turn.end()
        }
      })
    },
  }
}

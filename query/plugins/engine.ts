import { execute } from 'graphql'
import type { Plugin } from 'graphql-yoga'

/**
 * graphql-js itself runs the operation. graphql-yoga's own executor answers fields in the order in which they
 * resolve (seen with its 1.5 and 2.0), where the specification asks for the order of the question.
 */
export function useReferenceExecutor(): Plugin {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(execute)
    },
  }
}

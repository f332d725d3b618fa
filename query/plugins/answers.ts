import type { Plugin } from 'graphql-yoga'
import { answerJson } from '../answers/bytes.ts'

type Processed = Parameters<NonNullable<Plugin['onResultProcess']>>[0]['result']
type Stringify = (answer: unknown) => string

/** Answers with columns are written as bytes. Events of a stream write themselves (`live/plugin.ts`). */
export function useAnswerBytes(): Plugin {
  return {
    onResultProcess({ result }) {
      if (!isAnswer(result)) return
      // A response takes bytes as well as a text, and hands them on as they are.
      result.stringify = answerJson as unknown as Stringify
    },
  }
}

function isAnswer(result: Processed): result is Processed & { stringify?: Stringify } {
  return !Array.isArray(result) && !(Symbol.asyncIterator in result)
}

/** Where answers begin and end in the bytes of one connection, found as they pass by. */
import { findHttpAnswers } from './http-answers.ts'
import { findKafkaAnswers } from './kafka-answers.ts'
import type { AnswerFinder } from './stream-states.ts'

/** What the two ends of a link speak; each has a finder, made anew for every connection. */
export const finders = { bytes: findNextBytes, http: findHttpAnswers, kafka: findKafkaAnswers } as const
export type Protocol = keyof typeof finders

/** Of any protocol: an answer is what comes next after the client sent something, as far as one read brings it. */
function findNextBytes(): AnswerFinder {
  let asked = false
  return {
    sent() {
      asked = true
    },
    answered(bytes) {
      if (!asked) return { begin: -1, end: -1 }
      asked = false
      return { begin: 0, end: bytes.length }
    },
  }
}

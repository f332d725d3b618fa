/**
 * Answers of Kafka (plaintext) to requests that change something. A broker answers the requests of a connection in order, so
 * each answer's request is known. Answers to fetches and greetings of a connection do not count: they are so many that hardly ever
 * would a fault fall where something can be lost.
 */
import { type AnswerFinder, createNotes, createReader, gather, type State, skip } from './stream-states.ts'

/** Numbers of requests in the protocol. */
export const changing: ReadonlySet<number> = new Set([
  0, // Produce
  8, // OffsetCommit
  19, // CreateTopics
  24, // AddPartitionsToTxn
  25, // AddOffsetsToTxn
  26, // EndTxn
  28, // TxnOffsetCommit
])

export function findKafkaAnswers(): AnswerFinder {
  const notes = createNotes()
  /** Of each request without an answer yet: whether its answer counts. */
  const asked: boolean[] = []

  const request = (): State =>
    gather(6, (head, at) => {
      asked.push(changing.has(head.readInt16BE(4)))
      return skip(head.readInt32BE() - 2, at, request)
    })
  const answer: State = (bytes, at) => {
    const counts = asked.shift() ?? false
    if (counts) notes.begun(at)
    const sized = gather(4, (size, at) =>
      skip(size.readInt32BE(), at, (end) => {
        if (counts) notes.ended(end)
        return answer
      }),
    )
    return sized(bytes, at)
  }

  const read = createReader(answer)
  return {
    sent: createReader(request()),
    answered(bytes) {
      read(bytes)
      return notes.take()
    },
  }
}

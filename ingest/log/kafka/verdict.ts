/** What Kafka's answer to a record says of it. */
export type Verdict =
  /** It is stored, at this offset. */
  | { readonly kind: 'stored'; readonly offset: number }
  /** The same bytes under the same number are to be sent again: they are stored once, however often they come. */
  | { readonly kind: 'again'; readonly error: string }
  /** It was not stored by this request, and sending it again would change nothing. */
  | { readonly kind: 'refused'; readonly error: string }
  /** Nobody can say whether it is stored. */
  | { readonly kind: 'unknown'; readonly error: string }

/** Trouble that passes: a leader moves, replicas lag, a disk is away. */
const passing: Readonly<Record<number, string>> = {
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  8: 'BROKER_NOT_AVAILABLE',
  9: 'REPLICA_NOT_AVAILABLE',
  13: 'NETWORK_EXCEPTION',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH',
  76: 'UNKNOWN_LEADER_EPOCH',
  89: 'THROTTLING_QUOTA_EXCEEDED',
}

const refusing: Readonly<Record<number, string>> = {
  10: 'MESSAGE_TOO_LARGE',
  18: 'RECORD_LIST_TOO_LARGE',
}

/** Among them those of a producer whose numbers the broker cannot follow. They are never to be read as "stored" or "not stored". */
const telling: Readonly<Record<number, string>> = {
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  59: 'UNKNOWN_PRODUCER_ID',
}

export function verdictOf(error: number, offset: number): Verdict {
  if (error === 0 && offset >= 0) return { kind: 'stored', offset }
  const passes = passing[error]
  if (passes) return { kind: 'again', error: passes }
  const refuses = refusing[error]
  if (refuses) return { kind: 'refused', error: refuses }
  return { kind: 'unknown', error: telling[error] ?? `error ${error} of Kafka` }
}

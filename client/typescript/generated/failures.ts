// Made by `npm run client` from schema/api.graphql, docs/questions.md and query/failures.ts.

/** The server's error codes, and whether asking again can help. */
export const failures = {
  /** The document is not GraphQL. */
  GRAPHQL_PARSE_FAILED: { retryable: false },
  /** The document does not fit the schema. */
  GRAPHQL_VALIDATION_FAILED: { retryable: false },
  /** The HTTP request is not a GraphQL request. */
  BAD_REQUEST: { retryable: false },
  /** The request comes from a page of another site. */
  FORBIDDEN_ORIGIN: { retryable: false },
  /** The body is larger than limits.queryBodyBytes. */
  BODY_TOO_LARGE: { retryable: false },
  /** This server answers only the operations stored with it. */
  PERSISTED_ONLY: { retryable: false },
  /** No operation of this hash is known: send its text along, once. */
  PERSISTED_QUERY_NOT_FOUND: { retryable: false },
  /** The hash is not that of the text. */
  PERSISTED_QUERY_MISMATCH: { retryable: false },
  /** The document or a variable nests too deep. */
  TOO_DEEP: { retryable: false },
  /** The document has more than limits.queryAliases. */
  TOO_MANY_ALIASES: { retryable: false },
  /** The document has more than limits.queryTokens. */
  TOO_MANY_TOKENS: { retryable: false },
  /** Runs x metrics is more than limits.seriesPerAnswer. */
  TOO_MANY_SERIES: { retryable: false },
  /** The answer could be larger, or more would be read, than the limits allow. */
  TOO_COSTLY: { retryable: false },
  /** A variable or an argument has a value that is not allowed. */
  BAD_INPUT: { retryable: false },
  /** An expression over metrics cannot be read; says where. */
  BAD_EXPRESSION: { retryable: false },
  /** The cursor is not one of this list in this order. */
  BAD_CURSOR: { retryable: false },
  /** `at` is not a token of this server. */
  BAD_AT: { retryable: false },
  /** The project has no run of this id. */
  UNKNOWN_RUN: { retryable: false },
  /** The write named by `at` did not become visible in time. */
  WATERMARK_TIMEOUT: { retryable: true },
  /** As many questions as may run and wait at once do so already. */
  BUSY: { retryable: true },
  /** The server has limits.liveViewers subscriptions already. */
  TOO_MANY_VIEWERS: { retryable: true },
  /** The server watches as many series or filters as it may. */
  TOO_MANY_WATCHED: { retryable: true },
  /** The connection has as many as one may have. */
  TOO_MANY_SUBSCRIPTIONS: { retryable: false },
  /** A subscription needs text/event-stream or a WebSocket. */
  NOT_LIVE: { retryable: false },
  /** The server is stopping; go on at another one. */
  SHUTTING_DOWN: { retryable: true },
  /** The store cannot be reached. */
  STORE_UNAVAILABLE: { retryable: true },
  /** The store did not finish in time. */
  QUERY_TIMEOUT: { retryable: true },
  /** The question needs more memory than one may take. */
  QUERY_MEMORY: { retryable: false },
  /** The store would have to answer or to read more than one question may. */
  RESULT_TOO_LARGE: { retryable: false },
  /** A fault of the server, logged there. */
  INTERNAL: { retryable: false },
} as const

export type FailureCode = keyof typeof failures

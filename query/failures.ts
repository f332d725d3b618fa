import { GraphQLError } from 'graphql'
import { StaleToken, StoreTrouble, WatermarkTimeout } from '../schema/store.ts'

/** The one table of errors a question can meet: HTTP status when nothing was answered, whether asking again can help. */
export const failures = {
  GRAPHQL_PARSE_FAILED: { status: 400, retryable: false, means: 'The document is not GraphQL.' },
  GRAPHQL_VALIDATION_FAILED: { status: 400, retryable: false, means: 'The document does not fit the schema.' },
  BAD_REQUEST: { status: 400, retryable: false, means: 'The HTTP request is not a GraphQL request.' },
  FORBIDDEN_ORIGIN: { status: 403, retryable: false, means: 'The request comes from a page of another site.' },
  BODY_TOO_LARGE: { status: 413, retryable: false, means: 'The body is larger than limits.queryBodyBytes.' },
  PERSISTED_ONLY: { status: 403, retryable: false, means: 'This server answers only the operations stored with it.' },
  PERSISTED_QUERY_NOT_FOUND: {
    status: 404,
    retryable: false,
    means: 'No operation of this hash is known: send its text along, once.',
  },
  PERSISTED_QUERY_MISMATCH: { status: 400, retryable: false, means: 'The hash is not that of the text.' },
  TOO_DEEP: { status: 400, retryable: false, means: 'The document or a variable nests too deep.' },
  TOO_MANY_ALIASES: { status: 400, retryable: false, means: 'The document has more than limits.queryAliases.' },
  TOO_MANY_TOKENS: { status: 400, retryable: false, means: 'The document has more than limits.queryTokens.' },
  TOO_MANY_SERIES: { status: 400, retryable: false, means: 'Runs x metrics is more than limits.seriesPerAnswer.' },
  TOO_COSTLY: {
    status: 400,
    retryable: false,
    means: 'The answer could be larger, or more would be read, than the limits allow.',
  },
  BAD_INPUT: { status: 400, retryable: false, means: 'A variable or an argument has a value that is not allowed.' },
  BAD_EXPRESSION: { status: 400, retryable: false, means: 'An expression over metrics cannot be read; says where.' },
  BAD_CURSOR: { status: 400, retryable: false, means: 'The cursor is not one of this list in this order.' },
  BAD_AT: { status: 400, retryable: false, means: '`at` is not a token of this server.' },
  UNKNOWN_RUN: { status: 404, retryable: false, means: 'The project has no run of this id.' },
  WATERMARK_TIMEOUT: { status: 503, retryable: true, means: 'The write named by `at` did not become visible in time.' },
  BUSY: { status: 503, retryable: true, means: 'As many questions as may run and wait at once do so already.' },
  TOO_MANY_VIEWERS: { status: 503, retryable: true, means: 'The server has limits.liveViewers subscriptions already.' },
  TOO_MANY_WATCHED: { status: 503, retryable: true, means: 'The server watches as many series or filters as it may.' },
  TOO_MANY_SUBSCRIPTIONS: { status: 429, retryable: false, means: 'The connection has as many as one may have.' },
  NOT_LIVE: { status: 400, retryable: false, means: 'A subscription needs text/event-stream or a WebSocket.' },
  SHUTTING_DOWN: { status: 503, retryable: true, means: 'The server is stopping; go on at another one.' },
  STORE_UNAVAILABLE: { status: 503, retryable: true, means: 'The store cannot be reached.' },
  QUERY_TIMEOUT: { status: 503, retryable: true, means: 'The store did not finish in time.' },
  QUERY_MEMORY: { status: 503, retryable: false, means: 'The question needs more memory than one may take.' },
  RESULT_TOO_LARGE: {
    status: 400,
    retryable: false,
    means: 'The store would have to answer or to read more than one question may.',
  },
  INTERNAL: { status: 500, retryable: false, means: 'A fault of the server, logged there.' },
} as const satisfies Record<string, { status: number; retryable: boolean; means: string }>

export type FailureCode = keyof typeof failures

export const failureCodes = Object.keys(failures) as FailureCode[]

/** An error that goes out to the client as it is. */
export function failure(code: FailureCode, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code, retryable: failures[code].retryable } })
}

/** A failure of the request as a whole, before anything of it was answered: carries the HTTP status too. */
export function requestFailure(code: FailureCode, message: string): GraphQLError {
  const { status, retryable } = failures[code]
  const headers = status === 503 ? { 'retry-after': '1' } : {}
  return new GraphQLError(message, { extensions: { code, retryable, http: { status, headers } } })
}

/** A failure as it goes into a stream, which has no status any more. */
export function inStream({ message, path, extensions }: GraphQLError): object {
  const { http: _, ...shown } = extensions
  return { message, ...(path ? { path } : {}), extensions: shown }
}

/** What the client is told of trouble that has a name; undefined for a fault of ours. */
export function failureOf(error: unknown): GraphQLError | undefined {
  if (error instanceof StaleToken) return failure('BAD_AT', `at: ${error.message}`)
  if (error instanceof WatermarkTimeout) return failure('WATERMARK_TIMEOUT', error.message)
  if (!(error instanceof StoreTrouble)) return undefined
  switch (error.kind) {
    case 'unavailable':
      return failure('STORE_UNAVAILABLE', 'the store cannot be reached at the moment')
    case 'timeout':
      return failure('QUERY_TIMEOUT', 'the store did not finish in time; ask for fewer runs, metrics or steps')
    case 'memory':
      return failure('QUERY_MEMORY', 'the question needs more memory than one may take; ask for fewer runs or metrics')
    case 'size':
      return failure('RESULT_TOO_LARGE', 'the question asks for more than one answer may hold; ask for less of it')
    case 'rejected':
      return undefined
    default:
      return error.kind satisfies never
  }
}

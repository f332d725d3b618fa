import { GraphQLError } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Logger } from '../../telemetry/logger.ts'
import { failure, failureOf, failures, requestFailure } from '../failures.ts'

/**
 * What an error looks like from outside: one with a code goes out as it is, trouble of the store by its name, all others masked. The latter
 * two are logged, once each, however many fields they failed.
 */
export function createMask(logger: Logger): (error: unknown) => Error {
  const logged = new WeakSet<object>()
  const once = (cause: unknown, log: () => void) => {
    if (typeof cause === 'object' && cause !== null) {
      if (logged.has(cause)) return
      logged.add(cause)
    }
    log()
  }
  return (error) => {
    const cause = causeOf(error)
    if (cause instanceof GraphQLError) return error as Error
    // The client went away: nobody reads the answer.
    if (cause instanceof Error && cause.name === 'AbortError') return failure('BAD_REQUEST', 'the request was aborted')
    const known = failureOf(cause)
    if (known && known.extensions.code !== 'BAD_AT') {
      once(cause, () => logger.warn({ err: cause, code: known.extensions.code }, 'a question went unanswered'))
    }
    if (!known) once(cause, () => logger.error({ err: cause }, 'a question failed'))
    const shown = known ?? requestFailure('INTERNAL', 'a fault of the server; it has been logged')
    return placed(shown, error)
  }
}

/** The error that a resolver threw, out of the executor's wrapping. */
function causeOf(error: unknown): unknown {
  let cause = error
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return cause
}

function placed(shown: GraphQLError, error: unknown): GraphQLError {
  if (!(error instanceof GraphQLError)) return shown
  const { http: _, ...extensions } = shown.extensions
  return new GraphQLError(shown.message, { nodes: error.nodes ?? null, path: error.path ?? null, extensions })
}

/** What a client is told of anything that was thrown: an error with a code of our table. */
export function createFailureOf(maskError: (error: unknown) => Error): (error: unknown) => GraphQLError {
  return (error) => {
    const masked = maskError(error)
    const shown = masked instanceof GraphQLError ? masked : requestFailure('INTERNAL', 'a fault of the server')
    if (typeof shown.extensions.code === 'string' && shown.extensions.code in failures) return shown
    return new GraphQLError(shown.message, { path: shown.path, extensions: { code: 'BAD_REQUEST', retryable: false } })
  }
}

/** Gives the errors that GraphQL and Yoga find themselves a code of our table, so that every error has one. */
export function useErrorCodes(): Plugin {
  return {
    onResultProcess({ result }) {
      for (const answer of Array.isArray(result) ? result : [result]) {
        if (!('errors' in answer)) continue
        for (const error of answer.errors ?? []) {
          const code = error.extensions?.code
          if (typeof code !== 'string' || !(code in failures)) {
            error.extensions.code = code === 'REQUEST_ENTITY_TOO_LARGE' ? 'BODY_TOO_LARGE' : 'BAD_REQUEST'
          }
          error.extensions.retryable ??= false
          // A bad request is one for clients that ask for plain JSON too.
          delete (error.extensions.http as { spec?: boolean } | undefined)?.spec
        }
      }
    },
  }
}

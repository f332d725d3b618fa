import { type FailureCode, failures } from './generated/failures.ts'

export type { FailureCode } from './generated/failures.ts'

/** Beside the server's codes: nobody answered, or not in GraphQL. The door before the server has codes of its own, in lower case. */
export type ErrorCode = FailureCode | 'UNREACHABLE' | 'BAD_ANSWER' | (string & Record<never, never>)

export type ErrorDetail = {
  readonly code: ErrorCode
  readonly message: string
  readonly retryable: boolean
  /** The field that failed; undefined when the whole question did. */
  readonly path?: readonly (string | number)[] | undefined
}

/** A question that was not answered in full, by the first of its errors. */
export class QuestionFailed extends Error {
  override readonly name = 'QuestionFailed'
  readonly code: ErrorCode
  /** Whether asking again may help; the client has done so as often as it may. */
  readonly retryable: boolean
  readonly errors: readonly ErrorDetail[]
  /** HTTP status; undefined when nobody answered. */
  readonly status: number | undefined
  /** What was answered all the same, with nulls where it failed. */
  readonly data: unknown

  constructor(
    errors: readonly [ErrorDetail, ...ErrorDetail[]],
    about: { status?: number; data?: unknown; cause?: unknown },
  ) {
    super(`${errors[0].code}: ${errors[0].message}`, { cause: about.cause })
    this.code = errors[0].code
    this.retryable = errors.every((error) => error.retryable)
    this.errors = errors
    this.status = about.status
    this.data = about.data
  }
}

/** Whether an error is a question's, and of this code when one is given. */
export function isFailure(error: unknown, code?: ErrorCode): error is QuestionFailed {
  return error instanceof QuestionFailed && (code === undefined || error.code === code)
}

type Told = { message?: unknown; path?: unknown; extensions?: { code?: unknown; retryable?: unknown } }

/** An error as the server tells it; what a code means is known here too, should the answer not say. */
export function detailOf(told: Told): ErrorDetail {
  const code = typeof told.extensions?.code === 'string' ? told.extensions.code : 'BAD_ANSWER'
  const known = (failures as Record<string, { readonly retryable: boolean }>)[code]
  return {
    code,
    message: String(told.message ?? ''),
    retryable:
      typeof told.extensions?.retryable === 'boolean' ? told.extensions.retryable : (known?.retryable ?? false),
    path: Array.isArray(told.path) ? (told.path as (string | number)[]) : undefined,
  }
}

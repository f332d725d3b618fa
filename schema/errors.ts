/** The one table of errors a client can meet: code, HTTP status, whether sending again can help, and what it means. */

const table = {
  // What the client sent cannot be read.
  malformed_msgpack: { status: 400, retryable: false, means: 'The bytes are not one complete msgpack value.' },
  malformed_json: { status: 400, retryable: false, means: 'The body is not valid JSON.' },
  forbidden_type: {
    status: 400,
    retryable: false,
    means: 'A msgpack type that frames never use (extension, timestamp).',
  },
  too_deep: { status: 400, retryable: false, means: 'Values are nested deeper than any frame is.' },
  unknown_version: {
    status: 400,
    retryable: false,
    means: 'The frame names a format version this server does not know.',
  },
  unknown_field: { status: 400, retryable: false, means: 'The frame has a field that the format does not define.' },
  missing_field: { status: 400, retryable: false, means: 'A required field is absent.' },
  wrong_type: { status: 400, retryable: false, means: 'A field has a value of the wrong type.' },
  // What it says is not allowed.
  bad_project: {
    status: 400,
    retryable: false,
    means: 'The project name is empty, too long or has forbidden characters.',
  },
  bad_run: { status: 400, retryable: false, means: 'The run id is empty, too long or has forbidden characters.' },
  bad_writer: {
    status: 400,
    retryable: false,
    means: 'writer and seq must come together; writer is a short text, seq an integer from 0 to 2^53-1.',
  },
  bad_metric: { status: 400, retryable: false, means: 'A metric name is empty, too long, or not valid UTF-8.' },
  bad_step: { status: 400, retryable: false, means: 'A step is not an integer within ±(2^53-1).' },
  step_order: { status: 400, retryable: false, means: 'The steps of one columnar block must strictly increase.' },
  bad_time: {
    status: 400,
    retryable: false,
    means: 'A time is not an integer number of milliseconds from 1900 to 2299.',
  },
  duplicate_metric: { status: 400, retryable: false, means: 'A metric name appears twice in one row or one set.' },
  unequal_columns: { status: 400, retryable: false, means: 'Columns of one block have different lengths.' },
  unknown_set: {
    status: 400,
    retryable: false,
    means: 'A block refers to a metric set that was not defined on this connection.',
  },
  bad_update: {
    status: 400,
    retryable: false,
    means: 'The update has an unknown state, or params or tags of a wrong type or size.',
  },
  empty_frame: { status: 400, retryable: false, means: 'The frame carries neither points nor an update.' },
  // Limits.
  frame_too_large: { status: 413, retryable: false, means: 'The frame or body is larger than the limit.' },
  too_many_frames: { status: 413, retryable: false, means: 'The request carries more frames than the limit.' },
  too_many_metrics: { status: 422, retryable: false, means: 'The run would have more metrics than the limit.' },
  too_many_sets: {
    status: 422,
    retryable: false,
    means: 'The connection defined more metric sets or names than the limit.',
  },
  too_many_in_flight: {
    status: 429,
    retryable: true,
    means: 'The connection sent more unacknowledged frames or bytes than its credit.',
  },
  too_many_connections: { status: 503, retryable: true, means: 'The server holds as many connections as it may.' },
  // Transport.
  wrong_content_type: {
    status: 415,
    retryable: false,
    means: 'The content type is neither application/msgpack nor application/json.',
  },
  text_message: { status: 400, retryable: false, means: 'WebSocket messages must be binary; this one was text.' },
  request_timeout: { status: 408, retryable: true, means: 'The body or message did not arrive within its deadline.' },
  unauthorized: { status: 401, retryable: false, means: 'The API key is missing or wrong.' },
  forbidden_origin: { status: 403, retryable: false, means: 'A web page of another origin may not use this door.' },
  not_found: { status: 404, retryable: false, means: 'There is nothing at this path.' },
  method_not_allowed: { status: 405, retryable: false, means: 'This path does not take this method.' },
  // Trouble of ours.
  overloaded: {
    status: 503,
    retryable: true,
    means: 'The server holds as many bytes in flight as it may; send again later.',
  },
  log_full: {
    status: 507,
    retryable: true,
    means: 'The log has reached its size limit; the sink must catch up first.',
  },
  log_unavailable: {
    status: 503,
    retryable: true,
    means: 'The log could not be written; nothing of this request was stored.',
  },
  outcome_unknown: {
    status: 504,
    retryable: true,
    means:
      'The log did not answer in time, so the frames may have been stored or may yet be. Sent again with the same writer and seq they are stored once.',
  },
  shutting_down: { status: 503, retryable: true, means: 'The server is stopping; nothing of this request was stored.' },
  internal: { status: 500, retryable: true, means: 'A fault of the server.' },
} as const satisfies Record<string, { status: number; retryable: boolean; means: string }>

export type ErrorCode = keyof typeof table

/** Every error by its code. */
export const errors: Readonly<Record<ErrorCode, { status: number; retryable: boolean; means: string }>> = table

/**
 * A refusal with a name: thrown where bad input or trouble is found, answered at the edge as
 * `{code, message, retryable}`, never logged as a fault of ours.
 */
export class Refusal extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message?: string, cause?: unknown) {
    super(message ?? errors[code].means, { cause })
    this.code = code
  }
  get status(): number {
    return errors[this.code].status
  }
  get retryable(): boolean {
    return errors[this.code].retryable
  }
}

import { QueueFull } from '../../ingest/store/sessions.ts'

/** An error as ClickHouse tells it: a number and a name; the status of HTTP follows from the name. */
export class StoreError extends Error {
  readonly code: number
  readonly type: string
  constructor(code: number, type: string, message: string) {
    super(message)
    this.code = code
    this.type = type
  }
}

/** Which status ClickHouse answers with; every name that is not here is 500. */
const statusNames: readonly [status: number, names: string][] = [
  [401, 'REQUIRED_PASSWORD'],
  [403, 'UNKNOWN_USER WRONG_PASSWORD AUTHENTICATION_FAILED SET_NON_GRANTED_ROLE ACCESS_DENIED'],
  [
    400,
    `BAD_ARGUMENTS CANNOT_COMPILE_REGEXP CANNOT_PARSE_TEXT CANNOT_PARSE_ESCAPE_SEQUENCE CANNOT_PARSE_QUOTED_STRING
     CANNOT_PARSE_DATE CANNOT_PARSE_DATETIME CANNOT_PARSE_NUMBER CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING CANNOT_PARSE_IPV4
     CANNOT_PARSE_IPV6 CANNOT_PARSE_UUID CANNOT_PARSE_INPUT_ASSERTION_FAILED DUPLICATE_COLUMN ILLEGAL_COLUMN
     THERE_IS_NO_COLUMN UNKNOWN_ELEMENT_IN_AST UNKNOWN_TYPE_OF_AST_NODE TOO_DEEP_AST TOO_BIG_AST
     UNEXPECTED_AST_STRUCTURE SYNTAX_ERROR INCORRECT_DATA TYPE_MISMATCH VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE`,
  ],
  [
    404,
    `UNKNOWN_TABLE UNKNOWN_FUNCTION UNKNOWN_IDENTIFIER UNKNOWN_TYPE UNKNOWN_STORAGE UNKNOWN_DATABASE UNKNOWN_SETTING
     UNKNOWN_DIRECTION_OF_SORTING UNKNOWN_AGGREGATE_FUNCTION UNKNOWN_FORMAT UNKNOWN_DATABASE_ENGINE
     UNKNOWN_TYPE_OF_QUERY UNKNOWN_ROLE`,
  ],
  [408, 'TIMEOUT_EXCEEDED'],
  [411, 'HTTP_LENGTH_REQUIRED'],
  [413, 'QUERY_IS_TOO_LARGE'],
  [501, 'NOT_IMPLEMENTED'],
  [503, 'SOCKET_TIMEOUT CANNOT_OPEN_FILE CANNOT_SCHEDULE_TASK ABORTED'],
]
const statuses = new Map(statusNames.flatMap(([status, names]) => names.split(/\s+/).map((name) => [name, status])))

export function statusOf(error: StoreError): number {
  return statuses.get(error.type) ?? 500
}

/** The line that clients take apart: `Code: 60. DB::Exception: … (UNKNOWN_TABLE) (version …)`. */
export function errorLine(error: StoreError, version: string): string {
  return `Code: ${error.code}. DB::Exception: ${error.message.trim()} (${error.type}) (version ${version})\n`
}

const enginePattern = /Code: (?<code>\d+)\.(?: DB::Exception:)? (?<message>[\s\S]+?)\s*\((?<type>[A-Z0-9_]{3,})\)\s*$/

/** What the engine threw; anything else is a fault of this server. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  if (error instanceof QueueFull) return tooMany(error.message)
  const text = error instanceof Error ? error.message : String(error)
  const { code, message, type } = enginePattern.exec(text)?.groups ?? {}
  if (code === undefined) return new StoreError(1002, 'UNKNOWN_EXCEPTION', text)
  return new StoreError(Number(code), type!, message!)
}

export function tooMany(message: string): StoreError {
  return new StoreError(202, 'TOO_MANY_SIMULTANEOUS_QUERIES', message)
}

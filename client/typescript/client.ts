import { detailOf, type ErrorDetail, QuestionFailed } from './errors.ts'
import { type Operation, withAt } from './operation.ts'

export type ClientOptions = {
  /** Where GraphQL is: `http://127.0.0.1:7410/graphql`. */
  readonly url: string
  readonly apiKey?: string
  /**
   * How an operation travels. `text`: whole, always. `hash`: by its hash; whole only where a server does not know it yet. `stored`: by its hash alone,
   * for servers that have `generated/operations.json`.
   */
  readonly send?: 'text' | 'hash' | 'stored'
  /** GET for operations by hash: caches may keep the answer and ask whether it is still right. URLs of more than 2 KB go by POST. */
  readonly get?: boolean
  /** How often a question is asked at most while it fails for a while only. */
  readonly attempts?: number
  /** Pause before the second attempt, ms; each further one waits twice as long, up to 5 s. */
  readonly pauseMs?: number
  /** Longest time of one attempt, ms. */
  readonly timeoutMs?: number
  readonly fetch?: typeof fetch
}

export type AskOptions = {
  /** Token of a write that the answer must include. */
  readonly at?: string | undefined
  readonly signal?: AbortSignal
}

export type Client = {
  /** The answer's data. @throws QuestionFailed when any of it failed; the signal's reason when that aborts */
  ask<Data, Variables>(operation: Operation<Data, Variables>, variables: Variables, options?: AskOptions): Promise<Data>
}

const longestUrl = 2_000
const longestPauseMs = 5_000

export function createClient(options: ClientOptions): Client {
  const { attempts = 4, pauseMs = 200 } = options
  return {
    async ask(operation, variables, { at, signal } = {}) {
      const question = { operation, variables: at === undefined ? variables : withAt(operation, variables, at), signal }
      for (let attempt = 1; ; attempt++) {
        try {
          return (await askOnce(options, question)) as never
        } catch (error) {
          signal?.throwIfAborted()
          if (!(error instanceof QuestionFailed) || !error.retryable || attempt >= attempts) throw error
          // Half of it by chance, so that many who were refused together do not come back together.
          const pause = Math.min(pauseMs * 2 ** (attempt - 1), longestPauseMs)
          await sleep(pause * (0.5 + Math.random() / 2), signal)
        }
      }
    },
  }
}

type Question = {
  readonly operation: Operation<unknown, unknown>
  readonly variables: unknown
  readonly signal: AbortSignal | undefined
}

async function askOnce(options: ClientOptions, question: Question): Promise<unknown> {
  const { send = 'text' } = options
  if (send === 'text') return await answerTo(options, question, { query: question.operation.text })
  const { hash } = question.operation
  if (send === 'stored') return await answerTo(options, question, { documentId: `sha256:${hash}` })
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash } }
  try {
    return await answerTo(options, question, { extensions })
  } catch (error) {
    if (!(error instanceof QuestionFailed) || error.code !== 'PERSISTED_QUERY_NOT_FOUND') throw error
    return await answerTo(options, question, { query: question.operation.text, extensions })
  }
}

type Body = { readonly query?: string; readonly documentId?: string; readonly extensions?: object }

async function answerTo(
  options: ClientOptions,
  { operation, variables, signal }: Question,
  how: Body,
): Promise<unknown> {
  const late = AbortSignal.timeout(options.timeoutMs ?? 60_000)
  const request = requestOf(options, { ...how, operationName: operation.name, variables })
  let status: number | undefined
  let content: string
  try {
    const { fetch: ask = fetch } = options
    const response = await ask(request.url, {
      ...request.init,
      signal: signal ? AbortSignal.any([signal, late]) : late,
    })
    status = response.status
    content = await response.text()
  } catch (cause) {
    signal?.throwIfAborted()
    const message = late.aborted ? 'no answer in time' : 'no answer'
    throw new QuestionFailed([{ code: 'UNREACHABLE', message, retryable: true }], { cause })
  }
  return dataOf(content, status)
}

function requestOf(
  { url, apiKey, get }: ClientOptions,
  body: Body & Record<string, unknown>,
): { url: string; init: RequestInit } {
  const headers = {
    accept: 'application/graphql-response+json, application/json',
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  }
  if (get && body.query === undefined) {
    const inUrl = `${url}?${new URLSearchParams(Object.entries(body).map(([name, value]) => [name, textOf(value)]))}`
    if (inUrl.length <= longestUrl) return { url: inUrl, init: { headers } }
  }
  return {
    url,
    init: { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) },
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function dataOf(content: string, status: number): unknown {
  let answer: { data?: unknown; errors?: unknown; error?: { code?: string; message?: string; retryable?: boolean } }
  try {
    answer = JSON.parse(content)
  } catch (cause) {
    const message = `status ${status}, and no JSON: ${content.slice(0, 200)}`
    throw new QuestionFailed([{ code: 'BAD_ANSWER', message, retryable: status >= 500 }], { status, cause })
  }
  // The door before GraphQL has one error.
  const told = answer.error ? [{ message: answer.error.message, extensions: answer.error }] : answer.errors
  if (Array.isArray(told) && told.length > 0) {
    const errors = told.map(detailOf) as [ErrorDetail, ...ErrorDetail[]]
    throw new QuestionFailed(errors, { status, data: answer.data })
  }
  if (answer.data === undefined || answer.data === null)
    throw new QuestionFailed([{ code: 'BAD_ANSWER', message: `status ${status} without data`, retryable: false }], {
      status,
    })
  return answer.data
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal!.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

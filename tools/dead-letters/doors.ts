import { setTimeout as sleep } from 'node:timers/promises'
import { Trouble } from './trouble.ts'

/** The two public doors. What can pass is tried again for a while. */
export type Doors = {
  /** @throws Trouble with the code of the failure */
  ask<T>(query: string, variables?: object): Promise<T>
  /** Sends one body of frames, msgpack. @throws Trouble when there is no answer, or only ones that say to try again later */
  send(body: Uint8Array): Promise<Verdict>
}

/** What the gateway says to a body: durable, with the token of it, or nothing of it and why. */
export type Verdict =
  | { readonly kind: 'durable'; readonly at: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

export type DoorsOptions = {
  readonly url: string
  readonly framesUrl: string
  readonly key: string | undefined
  /** Pause before the second try, ms; each further one is twice as long. */
  readonly pauseMs?: number
}

const attempts = 5
/** Longer than a question may wait for a write. */
const answerTimeoutMs = 60_000

type Problem = { readonly code?: string; readonly message: string; readonly retryable?: boolean }

export function createDoors({ url, framesUrl, key, pauseMs = 500 }: DoorsOptions): Doors {
  const authorization = key === undefined ? undefined : `Bearer ${key}`

  async function post(address: string, type: string, body: string | Uint8Array): Promise<Record<string, unknown>> {
    const headers = { 'content-type': type, accept: 'application/json', ...(authorization && { authorization }) }
    let response: Response
    let text: string
    try {
      const signal = AbortSignal.timeout(answerTimeoutMs)
      response = await fetch(address, { method: 'POST', headers, body: body as string, signal })
      text = await response.text()
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { code?: string; message?: string } }
      throw new Trouble(`no answer from ${address}: ${cause?.code ?? cause?.message ?? message}`)
    }
    try {
      return JSON.parse(text) as Record<string, unknown>
    } catch {
      throw new Trouble(`${address} answered ${response.status} with something that is not Stepstream's`)
    }
  }

  /** Answers with the first outcome that is no passing trouble. */
  async function insist<T>(attempt: () => Promise<{ outcome: T } | { passing: Problem }>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const answer = await attempt()
      if ('outcome' in answer) return answer.outcome
      if (tries === attempts) throw new Trouble(describe(answer.passing))
      await sleep(pauseMs * 2 ** (tries - 1))
    }
  }

  return {
    ask<T>(query: string, variables: object = {}) {
      return insist<T>(async () => {
        const answer = await post(`${url}/graphql`, 'application/json', JSON.stringify({ query, variables }))
        const problem = problemOf(answer)
        if (problem?.retryable) return { passing: problem }
        if (problem) throw new Trouble(describe(problem))
        return { outcome: answer.data as T }
      })
    },
    send(body) {
      return insist<Verdict>(async () => {
        const answer = await post(`${framesUrl}/v1/frames`, 'application/msgpack', body)
        const problem = answer.error as Problem | undefined
        if (problem?.retryable) return { passing: problem }
        if (problem && isOurFault(problem)) throw new Trouble(describe(problem))
        if (problem) return { outcome: { kind: 'refused', code: problem.code ?? '', message: problem.message } }
        return { outcome: { kind: 'durable', at: String(answer.at) } }
      })
    },
  }
}

/** Refused because of who asks or where, which is so for every letter. */
function isOurFault({ code }: Problem): boolean {
  return code === 'unauthorized' || code === 'forbidden_origin' || code === 'not_found'
}

/** The first error of an answer to a question: of GraphQL, or of the door in front of it. */
function problemOf(answer: Record<string, unknown>): Problem | undefined {
  if (answer.error) return answer.error as Problem
  const [first] = (answer.errors ?? []) as { message: string; extensions?: { code?: string; retryable?: boolean } }[]
  return first && { ...first.extensions, message: first.message }
}

const describe = ({ code, message }: Problem) => (code === undefined ? message : `${code}: ${message}`)

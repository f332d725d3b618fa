/** What is asked: the bodies of requests, what their answers must be, and the same as a plain scan. */
import type { Parameters } from '../../schema/store.ts'
import type { QuestionGroup } from './options.ts'

/** A request, and a judge of its answer, who throws {@link WrongAnswer}. */
export type Ask = { readonly body: string; readonly verify: (data: Data) => void }
/** `data` of a GraphQL answer. */
export type Data = Readonly<Record<string, unknown>>

export type Milliseconds = { readonly p50: number; readonly p99: number }

export type Question = {
  /** Short, without spaces or dots; the same from run to run. */
  readonly id: string
  readonly group: QuestionGroup
  /** In words, with sizes. */
  readonly question: string
  /** What it should take; null where nobody said. */
  readonly asked: Milliseconds | null
  /** With ingest beside it, and what it should take then; absent: not measured so. */
  readonly underLoad?: { readonly asked: Milliseconds | null }
  /** Field of the schema's `Query` without which there is no such question. */
  readonly requires?: string
  /** One after the other, again and again. */
  readonly asks: readonly Ask[]
  /** The same questions in plain SQL over everything that was logged. */
  readonly scans: readonly Scan[]
  /** Lines of one plot: this many points or runs, on the line of that name. */
  readonly plot?: { readonly line: string; readonly size: number }
}

export type Scan = { readonly sql: string; readonly parameters: Parameters }

/** An answer is not what was logged. */
export class WrongAnswer extends Error {
  constructor(message: string) {
    super(`WRONG ANSWER: ${message}`)
  }
}

export function graphql(query: string, variables: object): string {
  return JSON.stringify({ query: query.replace(/\s+/g, ' '), variables })
}

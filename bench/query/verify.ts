import type { Poster } from '../post.ts'
import type { Progress } from '../progress.ts'
import { type Data, graphql, type Question, WrongAnswer } from './question.ts'

/** A question without figures, and why: it was refused or not answered in time, or the server does not know it. */
export type Skipped = Pick<Question, 'id' | 'question'> & { readonly why: string; readonly failed: boolean }

/** Those that were answered, all rightly, and those that were not answered. */
export type Verified = { readonly answered: readonly Question[]; readonly skipped: readonly Skipped[] }

/** Asks every question once and holds the answers against brute force. Throws {@link WrongAnswer} at the first that differs. */
export async function verifyAll(poster: Poster, questions: readonly Question[], progress: Progress): Promise<Verified> {
  const answered: Question[] = []
  const skipped: Skipped[] = []
  const fields = await fieldsOf(poster)
  for (const [i, one] of questions.entries()) {
    progress.update(`${i + 1} of ${questions.length}: ${one.question}`)
    if (one.requires !== undefined && !fields.includes(one.requires)) {
      skipped.push({ id: one.id, question: one.question, why: `not there: no Query.${one.requires}`, failed: false })
      continue
    }
    const why = await verifyQuestion(poster, one)
    if (why === undefined) answered.push(one)
    else skipped.push({ id: one.id, question: one.question, why, failed: true })
  }
  for (const { question, why } of skipped) progress.step(`NOT ANSWERED: ${question}: ${why}`)
  return { answered, skipped }
}

/** Why it was not answered; undefined when it was, rightly. */
async function verifyQuestion(poster: Poster, { asks }: Question): Promise<string | undefined> {
  for (const { body, verify } of asks) {
    const text = (await poster.ask(body)).body.toString('utf8')
    const { data, errors } = parse(text)
    if (errors !== undefined || !data) return text.slice(0, 300)
    verify(data)
  }
  return undefined
}

type Introspection = { readonly data?: { readonly __type: { readonly fields: readonly { readonly name: string }[] } } }

/** Names of the fields of `Query` that the server knows. */
async function fieldsOf(poster: Poster): Promise<string[]> {
  const { body } = await poster.ask(graphql('{ __type(name: "Query") { fields { name } } }', {}))
  const { data } = JSON.parse(body.toString('utf8')) as Introspection
  return data?.__type.fields.map(({ name }) => name) ?? []
}

function parse(text: string): { readonly data?: Data | null; readonly errors?: unknown } {
  try {
    return JSON.parse(text) as { data?: Data | null }
  } catch {
    throw new WrongAnswer(`the server answered with ${text.slice(0, 1_000)}`)
  }
}

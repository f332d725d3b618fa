import type { Poster } from '../post.ts'
import type { Progress } from '../progress.ts'
import { type Ask, type Data, type Question, WrongAnswer } from './question.ts'

/** Asks every question once and holds the answers against brute force. Throws {@link WrongAnswer} at the first that differs. */
export async function verifyAll(poster: Poster, questions: readonly Question[], progress: Progress): Promise<void> {
  for (const [i, { question, asks }] of questions.entries()) {
    progress.update(`${i + 1} of ${questions.length}: ${question}`)
    for (const ask of asks) await verifyAsk(poster, ask)
  }
}

export async function verifyAsk(poster: Poster, { body, verify }: Ask): Promise<void> {
  const text = (await poster.ask(body)).body.toString('utf8')
  const answer = parse(text)
  if (answer.errors !== undefined || !answer.data)
    throw new WrongAnswer(`GraphQL answered with ${text.slice(0, 1_000)}`)
  verify(answer.data)
}

function parse(text: string): { readonly data?: Data | null; readonly errors?: unknown } {
  try {
    return JSON.parse(text) as { data?: Data | null }
  } catch {
    throw new WrongAnswer(`the server answered with ${text.slice(0, 1_000)}`)
  }
}

/** A reporter for node's test runner that keeps to what failed: `npm test` shows it again at its very end, where a long run's other lines do not bury it. */
import { relative } from 'node:path'
import { inspect } from 'node:util'

type Failure = {
  readonly name: string
  readonly file?: string
  readonly line?: number
  readonly details: { readonly error: Error & { readonly failureType?: string } }
}
type Event = { readonly type: string; readonly data: unknown }

/** The tests that failed, each with its file and error. One that failed only because a part of it did is left out. */
export default async function* failures(events: AsyncIterable<Event>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:fail') continue
    const { name, file, line, details } = data as Failure
    if (details.error.failureType === 'subtestsFailed') continue
    const place = file === undefined ? '' : ` (${relative(process.cwd(), file)}:${line})`
    yield `\n# FAILED: ${name}${place}\n${inspect(details.error.cause ?? details.error)}\n`
  }
}

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type GraphQLSchema, validate } from 'graphql'
import { sha256 } from './persisted.ts'
import { documentLimits, parseBounded } from './plugins/document-limits.ts'

/**
 * Stored operations by their hash, from a file or a folder: `{"<sha256>": "<text>"}` as code generators write it, Apollo's
 * `{"operations": [{"id": "<sha256>", "body": "<text>"}]}`, or a folder of `*.graphql`, one document each.
 * @throws Error naming the file and the operation that is not of this schema, not within the limits, or has another hash than it says
 */
export function readStoredOperations(path: string, schema: GraphQLSchema): Map<string, string> {
  const documents = new Map<string, string>()
  for (const { name, hash, text } of entriesAt(path)) {
    const own = sha256(text)
    if (hash !== undefined && hash !== own) throw new Error(`${name}: its SHA-256 is ${own}`)
    check(name, text, schema)
    documents.set(own, text)
  }
  if (documents.size === 0) throw new Error(`${path} has no operation`)
  return documents
}

type Entry = { readonly name: string; readonly hash?: string; readonly text: string }

function entriesAt(path: string): Entry[] {
  if (statSync(path).isDirectory()) {
    const names = readdirSync(path).filter((name) => name.endsWith('.graphql'))
    return names.sort().map((name) => ({ name: join(path, name), text: readFileSync(join(path, name), 'utf8') }))
  }
  const content = JSON.parse(readFileSync(path, 'utf8')) as unknown
  if (typeof content !== 'object' || content === null) throw new Error(`${path} is no object of operations`)
  const { operations } = content as { operations?: unknown }
  const pairs = Array.isArray(operations)
    ? (operations as { id: unknown; body: unknown }[]).map(({ id, body }) => [id, body] as const)
    : Object.entries(content)
  return pairs.map(([hash, text]) => {
    if (typeof hash !== 'string' || typeof text !== 'string') throw new Error(`${path}: an operation is no text`)
    return { name: `${path}: ${hash}`, hash, text }
  })
}

function check(name: string, text: string, schema: GraphQLSchema): void {
  try {
    const faults = [...validate(schema, parseBounded(text)), ...validate(schema, parseBounded(text), [documentLimits])]
    if (faults.length > 0) throw faults[0]!
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`)
  }
}

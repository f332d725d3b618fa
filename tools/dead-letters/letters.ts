import { canReplay, type DeadReason, type LetterPlace } from '../../schema/dead-letters.ts'
import { limits } from '../../schema/limits.ts'
import type { Doors } from './doors.ts'

/** A letter without its frame. */
export type Letter = LetterPlace & {
  readonly id: string
  readonly project: string
  readonly run: string
  readonly reason: DeadReason
  readonly detail: string
  /** ISO 8601; null when the record cannot be read. */
  readonly received: string | null
  readonly bytes: number
  readonly replay: 'OPEN' | 'REPLAYED' | 'FORGOTTEN' | 'IMPOSSIBLE'
  /** Where it lies, for a question about those behind it. */
  readonly cursor: string
}

export type LettersFilter = {
  readonly project?: string | undefined
  readonly run?: string | undefined
  readonly reason?: DeadReason | undefined
  readonly ids?: readonly string[] | undefined
  readonly after?: string | undefined
  readonly at?: string | undefined
}

type Page = {
  readonly deadLetters: {
    readonly edges: readonly {
      readonly cursor: string
      readonly node: Omit<Letter, 'cursor' | 'reason'> & { reason: string }
    }[]
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
  }
}

const question = `
query ($project: String, $run: String, $reason: DeadLetterReason, $ids: [ID!], $first: Int, $after: String, $at: String) {
  deadLetters(project: $project, run: $run, reason: $reason, ids: $ids, first: $first, after: $after, at: $at) {
    edges { cursor node { id partition offset block project run reason detail received bytes replay } }
    pageInfo { hasNextPage endCursor }
  }
}`

/** The letters that pass a filter, in log order, page by page. */
export async function* findLetters(doors: Doors, filter: LettersFilter): AsyncGenerator<Letter> {
  const { ids = [], ...rest } = filter
  if (filter.ids === undefined) yield* pagesOf(doors, rest)
  for (const some of chunks(ids, limits.pageRows)) yield* pagesOf(doors, { ...rest, ids: some })
}

async function* pagesOf(doors: Doors, filter: LettersFilter): AsyncGenerator<Letter> {
  let after = filter.after
  for (;;) {
    const variables = { ...filter, reason: filter.reason?.toUpperCase(), first: limits.pageRows, after }
    const { edges, pageInfo } = (await doors.ask<Page>(question, variables)).deadLetters
    for (const { cursor, node } of edges) yield { ...node, reason: node.reason.toLowerCase() as DeadReason, cursor }
    if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return
    after = pageInfo.endCursor
  }
}

/** Frames that fit in one answer, by what each of them costs. */
const framesPerQuestion = 20

/** The stored bytes of letters, by id. */
export async function fetchFrames(doors: Doors, ids: readonly string[]): Promise<Map<string, Uint8Array>> {
  const frames = new Map<string, Uint8Array>()
  for (const some of chunks(ids, framesPerQuestion)) {
    const { deadLetters } = await doors.ask<{ deadLetters: { nodes: { id: string; frame: string }[] } }>(
      'query ($ids: [ID!]!) { deadLetters(ids: $ids) { nodes { id frame } } }',
      { ids: some },
    )
    for (const { id, frame } of deadLetters.nodes) frames.set(id, Buffer.from(frame, 'base64'))
  }
  return frames
}

/** Token of everything that can be seen now: asked with it, the state of replays is that of now. */
export async function currentToken(doors: Doors): Promise<string> {
  return (await doors.ask<{ server: { watermark: string } }>('{ server { watermark } }')).server.watermark
}

export function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
}

/** Why a letter can never be sent again; undefined when it can. */
export function whyNever({ reason }: Pick<Letter, 'reason'>): string | undefined {
  if (canReplay(reason)) return undefined
  return reason === 'unreadable_record'
    ? 'its record cannot be read, so there is no frame to send'
    : 'its run has the key of another run, and would have it again'
}

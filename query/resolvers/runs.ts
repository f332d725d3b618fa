import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { formatCursor, parseCursor, type RunSort } from '../sql/run-order.ts'
import { runsPage } from '../sql/runs-page.ts'
import { arrive } from './arrive.ts'
import { type Maybe, rowsIn } from './inputs.ts'
import { askRunsPage } from './runs-page.ts'

export type RunsInput = {
  readonly project: string
  readonly filter?: Maybe<RunFilter>
  readonly sort?: Maybe<RunSort>
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
  readonly last?: Maybe<number>
  readonly before?: Maybe<string>
  readonly at?: Maybe<string>
}

const newestFirst: RunSort = { by: { field: 'CREATED' }, direction: 'DESCENDING' }

/** How many rows are asked for, from whichever end. */
export function runsIn({ first, last }: Pick<RunsInput, 'first' | 'last'>): number {
  if (typeof first === 'number' && typeof last === 'number')
    throw failure('BAD_INPUT', 'first and last exclude each other')
  return rowsIn(last ?? first, 50)
}

export async function resolveRuns(_: unknown, input: RunsInput, context: Context) {
  const { project, at } = input
  const [filter, sort] = [input.filter ?? {}, input.sort ?? newestFirst]
  const rows = runsIn(input)
  const fromEnd = typeof input.last === 'number'
  const list = ['runs', project, sort]
  const place = (cursor: Maybe<string>) => (typeof cursor === 'string' ? parseCursor(list, cursor) : undefined)
  const [after, before] = [place(input.after), place(input.before)]
  const question = { project, filter, sort, after, before, rows: rows + 1, fromEnd }
  // The statement's own checks hold for every way of answering.
  await arrive(context, at, runsPage(question).summaries)
  const page = await askRunsPage(question, at, context)
  const more = page.runs.length > rows
  const shown = fromEnd ? page.runs.slice(-rows) : page.runs.slice(0, rows)
  const edges = shown.map(({ run, place }) => ({ node: run, cursor: formatCursor(list, place) }))
  return {
    edges,
    nodes: shown.map(({ run }) => run),
    pageInfo: {
      hasNextPage: fromEnd ? before !== undefined : more || before !== undefined,
      hasPreviousPage: fromEnd ? more || after !== undefined : after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: page.count,
  }
}

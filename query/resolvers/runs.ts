import type { Context } from '../context.ts'
import { ask, numbers, texts } from '../sql/read.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { formatCursor, parseCursor, type RunSort } from '../sql/run-order.ts'
import { runsCount, runsPage } from '../sql/runs-page.ts'
import { arrive } from './arrive.ts'
import { connection } from './connection.ts'
import { type Maybe, rowsIn } from './inputs.ts'
import { readRuns } from './run.ts'

export type RunsInput = {
  readonly project: string
  readonly filter?: Maybe<RunFilter>
  readonly sort?: Maybe<RunSort>
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
  readonly at?: Maybe<string>
}

const newestFirst: RunSort = { by: { field: 'CREATED' }, direction: 'DESCENDING' }

export async function resolveRuns(_: unknown, input: RunsInput, context: Context) {
  const { project, at } = input
  const [filter, sort] = [input.filter ?? {}, input.sort ?? newestFirst]
  const rows = rowsIn(input.first, 50)
  const list = ['runs', project, sort]
  const after = typeof input.after === 'string' ? parseCursor(list, input.after) : undefined
  const page = runsPage({ project, filter, sort, after, rows: rows + 1 })
  await arrive(context, at, page.summaries)
  const answer = await ask(context.reader, page, context.readOptions)
  const runs = readRuns(answer, project, at)
  const ranks = numbers(answer, 'sortRank')
  const keys =
    answer.columns.get('sortKey') instanceof Float64Array ? numbers(answer, 'sortKey') : texts(answer, 'sortKey')
  const edges = runs.map((node, row) => ({
    node,
    cursor: formatCursor(list, { rank: ranks[row]!, key: keys[row]!, run: node.run }),
  }))
  return {
    ...connection(edges, rows, after !== undefined),
    totalCount: async () =>
      numbers(await ask(context.reader, runsCount(project, filter), context.readOptions), 'count')[0] ?? 0,
  }
}

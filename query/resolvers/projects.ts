import type { Columns } from '../../schema/store.ts'
import type { Context } from '../context.ts'
import { formatNodeId } from '../node-ids.ts'
import { projectsPage } from '../sql/projects-page.ts'
import { ask, numbers, texts } from '../sql/read.ts'
import { formatCursor, parseCursor } from '../sql/run-order.ts'
import { arrive } from './arrive.ts'
import { connection } from './connection.ts'
import { type Maybe, rowsIn } from './inputs.ts'

export type ProjectsInput = {
  readonly first?: Maybe<number>
  readonly after?: Maybe<string>
  readonly at?: Maybe<string>
}

const list = ['projects']

export async function resolveProjects(_: unknown, input: ProjectsInput, context: Context) {
  const rows = rowsIn(input.first, 100)
  const after = typeof input.after === 'string' ? parseCursor(list, input.after).run : undefined
  await arrive(context, input.at, false)
  const answer = await ask(context.reader, projectsPage(after ?? '', rows + 1), context.readOptions)
  const edges = readProjects(answer).map((node) => ({
    cursor: formatCursor(list, { rank: 0, key: '', run: node.name }),
    node,
  }))
  return connection(edges, rows, after !== undefined)
}

/** Rows of `projectsPage` and `projectsByName`. */
export function readProjects(answer: Columns) {
  const [runCounts, activities] = [numbers(answer, 'runs'), numbers(answer, 'lastActivityMs')]
  return texts(answer, 'project').map((name, row) => ({
    id: () => formatNodeId('Project', name),
    name,
    runCount: runCounts[row]!,
    lastActivity: activities[row]!,
  }))
}

import type { Context } from '../context.ts'
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
  const [runCounts, activities] = [numbers(answer, 'runs'), numbers(answer, 'lastActivityMs')]
  const edges = texts(answer, 'project').map((name, row) => ({
    cursor: formatCursor(list, { rank: 0, key: '', run: name }),
    node: { name, runCount: runCounts[row]!, lastActivity: activities[row]! },
  }))
  return connection(edges, rows, after !== undefined)
}

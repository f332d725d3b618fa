import { parseLetterId } from '../../schema/dead-letters.ts'
import { limits } from '../../schema/limits.ts'
import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import { formatNodeId, type NamedType, parseNodeId } from '../node-ids.ts'
import { runsByName } from '../sql/nodes.ts'
import { projectsByName } from '../sql/projects-page.ts'
import { ask, texts } from '../sql/read.ts'
import { runSummaries } from '../sql/summaries.ts'
import { arrive } from './arrive.ts'
import { resolveDeadLetters } from './dead-letters.ts'
import type { Maybe } from './inputs.ts'
import { readProjects } from './projects.ts'
import { type RunRow, readRuns } from './run-row.ts'
import { readSummaries, type Summary } from './summary.ts'

/** Anything that has an id, with the name of its type. */
type Node = { readonly __typename: NamedType | 'DeadLetter' }
type Names = readonly string[]
/** Finds what there is of some names of one type, by id. */
type Finder = (names: readonly Names[], context: Context, at: Maybe<string>) => Promise<Map<string, Node>>

const finders: Readonly<Record<NamedType, Finder>> = { Project: findProjects, Run: findRuns, Metric: findMetrics }

export type NodesInput = { readonly ids: readonly string[]; readonly at?: Maybe<string> }

export async function resolveNode(_: unknown, { id, at }: { id: string; at?: Maybe<string> }, context: Context) {
  return (await resolveNodes(_, { ids: [id], at }, context))[0]!
}

/** In the order of the ids, null for one of nothing: one question to the store for each type, for metrics for each project. */
export async function resolveNodes(_: unknown, { ids, at }: NodesInput, context: Context): Promise<(Node | null)[]> {
  idsIn(ids)
  const distinct = [...new Set(ids)]
  const named = distinct.flatMap((id) => parseNodeId(id) ?? [])
  const letters = distinct.filter((id) => parseLetterId(id) !== undefined)
  await arrive(context, at, false)
  const found = await Promise.all([
    ...(Object.keys(finders) as NamedType[]).map(async (type) => {
      const names = named.filter((one) => one.type === type).map((one) => one.names)
      return names.length === 0 ? new Map<string, Node>() : await finders[type](names, context, at)
    }),
    letters.length === 0 ? new Map<string, Node>() : findLetters(letters, context, at),
  ])
  const byId = new Map(found.flatMap((map) => [...map]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** How many ids are asked for. */
export function idsIn(ids: readonly string[]): number {
  if (ids.length <= limits.pageRows) return ids.length
  throw failure('BAD_INPUT', `there are ${ids.length} ids; at most ${limits.pageRows} are allowed`)
}

async function findProjects(names: readonly Names[], context: Context): Promise<Map<string, Node>> {
  const answer = await ask(context.reader, projectsByName(names.map(([name]) => name!)), context.readOptions)
  return new Map(readProjects(answer).map((project) => [project.id(), { ...project, __typename: 'Project' }]))
}

async function findRuns(names: readonly Names[], context: Context, at: Maybe<string>): Promise<Map<string, Node>> {
  const statement = runsByName(
    names.map(([project]) => project!),
    names.map(([, run]) => run!),
  )
  const answer = await ask(context.reader, statement, context.readOptions)
  const projects = texts(answer, 'project')
  return new Map(
    readRuns(answer, '', at).map((run, row) => {
      const placed = { ...run, project: projects[row]!, __typename: 'Run' as const }
      return [runNodeId(placed), placed]
    }),
  )
}

/** Asks for all of these runs x all of these metrics of a project, which is what a page of alike runs wants. */
async function findMetrics(names: readonly Names[], context: Context, at: Maybe<string>): Promise<Map<string, Node>> {
  await arrive(context, at, true)
  const found = new Map<string, Node>()
  async function findIn(project: string): Promise<void> {
    const own = names.filter(([of]) => of === project)
    const [runs, metrics] = [[...new Set(own.map(([, run]) => run!))], [...new Set(own.map(([, , metric]) => metric!))]]
    const question = { project, runs, names: metrics, startsWith: '', after: '', rows: metrics.length }
    const summaries = readSummaries(await ask(context.reader, runSummaries(question), context.readOptions), project)
    const asked = new Set(own.map((each) => formatNodeId('Metric', ...each)))
    for (const summary of [...summaries.values()].flat()) {
      const id = metricNodeId(summary)
      if (asked.has(id)) found.set(id, { ...summary, __typename: 'Metric' as const })
    }
  }
  await Promise.all([...new Set(names.map(([project]) => project!))].map(findIn))
  return found
}

async function findLetters(ids: readonly string[], context: Context, at: Maybe<string>): Promise<Map<string, Node>> {
  const { nodes } = await resolveDeadLetters(undefined, { ids, at }, context)
  return new Map(nodes.map((letter) => [letter.id, { ...letter, __typename: 'DeadLetter' as const }]))
}

export const runNodeId = ({ project, run }: Pick<RunRow, 'project' | 'run'>) => formatNodeId('Run', project, run)

export const metricNodeId = ({ project, run, name }: Summary) => formatNodeId('Metric', project, run, name)

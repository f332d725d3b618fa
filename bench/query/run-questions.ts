/** Leaderboards: a filter, an order, the first page. */
import { shortNumber } from '../report/svg.ts'
import { type Board, boards } from './boards.ts'
import { type Plan, peerProject } from './plan.ts'
import { type Data, graphql, type Question, type Scan, WrongAnswer } from './question.ts'
import { metrics, type RunsData, runName, runRow, summaryOf } from './runs-data.ts'

const pageRows = 50
const shown = ['train/loss', 'val/loss', 'val/accuracy']

/** With all params and tags of each run, and, where they are shown, the summaries of some metrics. */
const queryOf = (isShown: boolean) => `
query ($project: String!, $filter: RunFilter, $sort: RunSort${isShown ? ', $names: [String!]!' : ''}) {
  runs(project: $project, filter: $filter, sort: $sort, first: ${pageRows}) {
    nodes { run name state created params tags ${isShown ? 'metrics(names: $names) { name count last min max }' : ''} }
    pageInfo { hasNextPage } } }`

/** From here on a project is a large one, with a target of its own. */
const largeProject = 100_000

export function runQuestions({ leaderboards }: Plan): Question[] {
  return leaderboards.flatMap((project) => {
    // Where there are larger ones a small project is only for comparison with others.
    const isLarge = project.runs > peerProject || leaderboards.length === 1
    return boards
      .filter(({ id }) => (id === 'as-mlflow') !== isLarge || leaderboards.length === 1)
      .flatMap((board) => (board.shows ? [false, true] : [false]).map((isShown) => questionOf(project, board, isShown)))
  })
}

function questionOf(project: RunsData, board: Board, isShown: boolean): Question {
  const { filter, sort } = board
  const variables = { project: project.project, filter, sort, ...(isShown ? { names: shown } : {}) }
  const words = `${board.words}${isShown ? `, with the figures of ${shown.length} metrics` : ''}`
  return {
    id: `runs-${project.runs}-${board.id}${isShown ? '-shown' : ''}`,
    group: 'runs',
    question: `leaderboard of ${shortNumber(project.runs)} runs: ${words}`,
    asked: project.runs > largeProject ? { p50: 50, p99: 100 } : { p50: 15, p99: 40 },
    ...(board.id === 'best-finished' ? { underLoad: { asked: null } } : {}),
    asks: [{ body: graphql(queryOf(isShown), variables), verify: (data) => checkPage(project, board, isShown, data) }],
    scans: [scan(project, board)],
    plot: { line: words, size: project.runs },
  }
}

type Page = { readonly nodes: readonly RunNode[]; readonly pageInfo: { readonly hasNextPage: boolean } }
type RunNode = {
  readonly run: string
  readonly name: string
  readonly state: string
  readonly created: string
  readonly params: Readonly<Record<string, unknown>>
  readonly tags: Readonly<Record<string, string>>
  readonly metrics?: readonly Readonly<Record<string, unknown>>[]
}

function checkPage(project: RunsData, board: Board, isShown: boolean, data: Data): void {
  const { nodes, pageInfo } = data.runs as Page
  const { first, total } = expectedPages(project).get(board.id)!
  const where = `${project.project}, ${board.words}`
  const [found, wanted] = [nodes.map(({ run }) => run).join(), first.map(runName).join()]
  if (found !== wanted) throw new WrongAnswer(`${where}: the page is ${found}, must be ${wanted}`)
  if (pageInfo.hasNextPage !== total > pageRows)
    throw new WrongAnswer(`${where}: hasNextPage is wrong, of ${total} runs`)
  first.forEach((run, i) => {
    const [text, expected] = [JSON.stringify(shownOf(nodes[i]!)), JSON.stringify(expectedRun(run, isShown))]
    if (text !== expected) throw new WrongAnswer(`${where}: ${runName(run)} is ${text}, must be ${expected}`)
  })
}

const sorted = (entries: Iterable<[string, unknown]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))

function shownOf({ name, state, created, params, tags, metrics }: RunNode) {
  const rows = (metrics ?? []).map((one) => [one.name, one.count, one.last, one.min, one.max])
  return { name, state, created, params: sorted(Object.entries(params)), tags: sorted(Object.entries(tags)), rows }
}

function expectedRun(run: number, isShown: boolean): ReturnType<typeof shownOf> {
  const row = runRow(run)
  const rows = (isShown ? [...shown].sort() : []).map((name) => {
    const { count, last, min, max } = summaryOf(run, metrics.indexOf(name))
    return [name, count, Number.isNaN(last) ? 'NaN' : last, min, max]
  })
  const created = new Date(row.createdMs).toISOString()
  const [params, tags] = [sorted(row.params), sorted(row.tags)]
  return { name: row.name, state: row.state.toUpperCase(), created, params, tags, rows }
}

type ExpectedPage = { readonly first: readonly number[]; readonly total: number }
const known = new Map<string, ReadonlyMap<string, ExpectedPage>>()

/** Pages of all boards in one pass over a project's runs, which takes seconds where there are a million. */
function expectedPages(project: RunsData): ReadonlyMap<string, ExpectedPage> {
  const pages = known.get(project.project) ?? passOver(project)
  known.set(project.project, pages)
  return pages
}

type Place = { readonly run: number; readonly key: number | string }

function passOver({ runs }: RunsData): ReadonlyMap<string, ExpectedPage> {
  const found = boards.map((board) => ({ board, first: [] as Place[], total: 0 }))
  for (let run = 0; run < runs; run++) {
    const row = runRow(run)
    for (const one of found) {
      if (!one.board.passes(row, run)) continue
      one.total++
      put(one.first, { run, key: one.board.key(row, run) }, one.board.direction)
    }
  }
  return new Map(found.map(({ board, first, total }) => [board.id, { first: first.map(({ run }) => run), total }]))
}

function put(first: Place[], place: Place, direction: 1 | -1): void {
  let at = first.length
  while (at > 0 && isBefore(place, first[at - 1]!, direction)) at--
  if (at === pageRows) return
  first.splice(at, 0, place)
  if (first.length > pageRows) first.pop()
}

/** NaN comes behind all numbers, and those that are alike by id, in the same direction. */
function isBefore(a: Place, b: Place, direction: 1 | -1): boolean {
  const [rankA, rankB] = [Number.isNaN(a.key), Number.isNaN(b.key)]
  if (rankA !== rankB) return rankB
  if (!rankA && a.key !== b.key) return a.key < b.key === direction > 0
  return (a.run - b.run) * direction < 0
}

/** The page as anyone would write it by hand: all rows of the project, the newest of each. */
function scan({ project }: RunsData, { where, orderBy, metrics: joined }: Board): Scan {
  const joins = joined.map(
    (_, i) => `
LEFT ANY JOIN (SELECT run, count, last, min, max FROM series FINAL WHERE project = {project:String} AND metric = {metric${i}:String}) AS m${i} ON m${i}.run = runs.run`,
  )
  return {
    sql: `
SELECT runs.run AS id, name, CAST(state, 'String') AS stateText, params FROM runs FINAL${joins.join('')}
WHERE runs.project = {project:String} AND (${where})
ORDER BY ${orderBy} LIMIT ${pageRows}`,
    parameters: { project, ...Object.fromEntries(joined.map((name, i) => [`metric${i}`, name])) },
  }
}

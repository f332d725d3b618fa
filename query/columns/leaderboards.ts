import type { StoreReader } from '../../schema/store.ts'
import { type Derived, derivedIn, derivedOfRuns } from '../sql/derived-figures.ts'
import { ask } from '../sql/read.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { formulaIn } from '../sql/run-formulas.ts'
import type { Cursor, RunSort } from '../sql/run-order.ts'
import type { RunsQuestion } from '../sql/runs-page.ts'
import type { SummaryField } from '../sql/summaries.ts'
import {
  derivedColumn,
  derivedOfFilter,
  findOpen,
  keysOf,
  type Open,
  putDerived,
  refuseOpen,
  settle,
} from './derived.ts'
import { textAt } from './dictionary.ts'
import { pageOf } from './evaluate.ts'
import { predicateOf } from './filter.ts'
import { formulaColumn, keyedPlace, placeByFigures } from './formulas.ts'
import { keyAt } from './keys.ts'
import type { Hands } from './load.ts'
import { figureColumn, figureNeeds, type Need, needOfSort, needsOfFilter, needsOfFormula } from './needs.ts'
import type { Predicate } from './predicate.ts'
import { keepRecord, type RecordFields, recordOf } from './records.ts'
import { type FiguresQuestion, figuresOfRuns, needsOfFigures, type RunFigures } from './run-figures.ts'
import { type Column, columnOf, type RunTable } from './table.ts'
import { createTables, type TableSettings, type Tables } from './tables.ts'

/** A run on a page: enough to fetch what is shown of it, and to see whether it has changed since. */
export type PageRun = {
  readonly key: bigint
  readonly run: string
  readonly version: number
  readonly place: Cursor
  /** What is shown of it, where that is known. */
  readonly shown?: RecordFields | undefined
  /** Tells what was fetched of it, for the next who asks. */
  readonly keep?: (version: number, fields: RecordFields, text: string) => void
}
export type MemoryPage = { readonly runs: readonly PageRun[]; readonly count: number }

export type Leaderboards = {
  /** A page of a project's runs, exact as of some moment after the call. Undefined when the project is not kept in memory. */
  page(question: RunsQuestion): Promise<MemoryPage | undefined>
  /** Does some work on the runs that pass a filter, with columns of one's own; undefined when the project is not kept in memory. */
  work<T>(question: Work<T>): Promise<T | undefined>
  /** Figures of metrics of some runs, where they are in memory; they will be there later if many runs are asked for. */
  figures(question: FiguresQuestion): Promise<readonly RunFigures[] | undefined>
  readonly tables: Tables
}

export type Work<T> = {
  readonly project: string
  readonly filter: RunFilter
  /** What else must be there. */
  readonly needs: readonly Need[]
  /** A figure that must be known of the runs that pass. */
  readonly sortedBy?: Derived | undefined
  readonly work: (table: RunTable, passes: Predicate) => Promise<T>
}

/** Times that figures are computed for one question: of the filter, of the order, and again when runs have logged meanwhile. */
const roundsPerQuestion = 5
/** So many runs are a page: then figures of all runs are worth their memory. */
const runsWorthLoading = 10
/** Runs whose points are read by one statement. */
const runsPerStatement = 1_000

export function createLeaderboards(reader: StoreReader, timeoutMs: number, settings: TableSettings): Leaderboards {
  // Of no single request: what one loads serves all.
  const askStore: Hands['ask'] = (statement) => ask(reader, statement, { timeoutMs })
  const tables = createTables(askStore, settings)

  async function work<T>(question: Work<T>): Promise<T | undefined> {
    const { project, filter, sortedBy } = question
    const ofFilter = derivedOfFilter(filter)
    const all = [...ofFilter, ...(sortedBy ? [sortedBy] : [])]
    const needs = [...needsOfFilter(filter), ...question.needs]
    const fresh = new Map<string, Set<number>>()
    let put: (table: RunTable) => void = () => {}
    for (let round = 0; round < roundsPerQuestion; round++) {
      const done = await tables.use(project, needs, async (table) => {
        put(table)
        for (const derived of all) settle(table, derived)
        const passes = predicateOf(table, filter, fresh)
        const open = all.length === 0 ? [] : await findOpen(table, passes, ofFilter, sortedBy, fresh)
        if (open.length === 0) return { answer: await question.work(table, passes) }
        refuseOpen(table, open)
        return { table, open, keys: open.map(({ rows }) => keysOf(table, rows)) }
      })
      if (!done) return undefined
      if ('answer' in done) return done.answer
      // Not in the table's turn: others may go on meanwhile.
      const answers = await readPoints(done.open, done.keys)
      put = (table) => {
        if (table !== done.table) fresh.clear()
        else for (const [i, open] of done.open.entries()) putDerived(table, open, answers[i]!, fresh)
      }
    }
    return undefined
  }

  async function readPoints(open: readonly Open[], keys: readonly (readonly bigint[])[]) {
    const answers = []
    for (const [i, { derived }] of open.entries()) {
      const own = []
      for (let at = 0; at < keys[i]!.length; at += runsPerStatement)
        own.push(await askStore(derivedOfRuns(derived, keys[i]!.slice(at, at + runsPerStatement))))
      answers.push(own)
    }
    return answers
  }

  return {
    tables,
    work,
    figures(question) {
      const { project, sinceMs, keys } = question
      const how = { sinceMs, load: keys.length >= runsWorthLoading }
      return tables.useLoaded(project, needsOfFigures(question), how, async (table) => figuresOfRuns(table, question))
    },
    page(question) {
      const { project, filter, sort } = question
      const order = orderNeeds(sort)
      return work({
        project,
        filter,
        needs: order.needs,
        sortedBy: order.derived,
        async work(table, passes) {
          const descending = sort.direction === 'DESCENDING'
          const [after, before] = [order.keyed(question.after), order.keyed(question.before)]
          const page = { ...question, after, before, passes, sortColumn: await order.columnIn(table), descending }
          const { rows, places, count } = await pageOf(table, page)
          const runs = rows.map((row, i): PageRun => {
            const run = textAt(table.runs.dictionary, table.runs.codes[row]!)
            const version = table.versions[row]!
            const shown = recordOf(table.records, row, version)
            const keep: PageRun['keep'] = (at, fields, text) => keepRecord(table.records, row, at, fields, text)
            const place = order.placeOf(table, row, places[i]!)
            return { key: keyAt(table.keys, row), run, version, place, shown, keep }
          })
          return { runs, count }
        },
      })
    },
  }
}

/** What an order needs, where its column is found then, and how places of cursors and of the column belong together. */
type Order = {
  readonly needs: readonly Need[]
  readonly derived: Derived | undefined
  readonly columnIn: (table: RunTable) => Column | Promise<Column>
  readonly keyed: (place: Cursor | undefined) => Cursor | undefined
  readonly placeOf: (table: RunTable, row: number, place: Cursor) => Cursor
}

const asItIs: Pick<Order, 'derived' | 'keyed' | 'placeOf'> = {
  derived: undefined,
  keyed: (place) => place,
  placeOf: (_table, _row, place) => place,
}

function orderNeeds(sort: RunSort): Order {
  const { metric, expression } = sort.by
  if (expression) {
    const formula = formulaIn(expression)
    return {
      ...asItIs,
      needs: needsOfFormula(formula),
      columnIn: (table) => formulaColumn(table, formula),
      keyed: (place) => place && keyedPlace(formula, place),
      placeOf: (table, row, place) => placeByFigures(table, formula, row, place),
    }
  }
  if (!metric) {
    const need = needOfSort(sort)
    return { ...asItIs, needs: [need], columnIn: (table) => columnOf(table, need)! }
  }
  const derived = derivedIn(metric)
  const need = figureColumn(metric.name, (metric.field ?? 'LAST') as SummaryField)
  return {
    ...asItIs,
    needs: figureNeeds(metric),
    derived,
    columnIn: (table) => (derived ? derivedColumn(table, derived).column : columnOf(table, need)!),
  }
}

import type { StoreReader } from '../../schema/store.ts'
import { ask } from '../sql/read.ts'
import type { Cursor } from '../sql/run-order.ts'
import type { RunsQuestion } from '../sql/runs-page.ts'
import { textAt } from './dictionary.ts'
import { pageOf } from './evaluate.ts'
import { keyAt } from './keys.ts'
import { needOfSort, needsOfFilter } from './needs.ts'
import { columnOf } from './table.ts'
import { createTables, type TableSettings, type Tables } from './tables.ts'

/** A run on a page: enough to fetch what is shown of it, and to see whether it has changed since. */
export type PageRun = { readonly key: bigint; readonly run: string; readonly version: number; readonly place: Cursor }
export type MemoryPage = { readonly runs: readonly PageRun[]; readonly count: number }

export type Leaderboards = {
  /** A page of a project's runs, exact as of some moment after the call. Undefined when the project is not kept in memory. */
  page(question: RunsQuestion): Promise<MemoryPage | undefined>
  readonly tables: Tables
}

export function createLeaderboards(reader: StoreReader, timeoutMs: number, settings: TableSettings): Leaderboards {
  // Of no single request: what one loads serves all.
  const tables = createTables((statement) => ask(reader, statement, { timeoutMs }), settings)
  return {
    tables,
    page(question) {
      const sortNeed = needOfSort(question.sort)
      const needs = [...needsOfFilter(question.filter), sortNeed]
      return tables.use(question.project, needs, async (table) => {
        const sortColumn = columnOf(table, sortNeed)!
        const descending = question.sort.direction === 'DESCENDING'
        const { rows, places, count } = await pageOf(table, { ...question, sortColumn, descending })
        const runs = rows.map((row, i): PageRun => {
          const run = textAt(table.runs.dictionary, table.runs.codes[row]!)
          return { key: keyAt(table.keys, row), run, version: table.versions[row]!, place: places[i]! }
        })
        return { runs, count }
      })
    },
  }
}

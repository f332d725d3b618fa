import { sideBySide } from '../store/side-by-side.ts'
import { joinRows, type TableRows } from './rows.ts'
import type { SinkParts } from './sink.ts'

/** Summaries, which nobody waits for: one insert at a time, so that points always find a place. */
const patientTables: ReadonlySet<string> = new Set(['metric_figures', 'series', 'run_state'])

type SinkStore = SinkParts['store']
type Waiting = { readonly rows: TableRows; done(): void; failed(error: unknown): void }

/** Rows of one shared insert, about. */
const sharedRows = 20_000

/** In these a row that comes twice, or late, changes nothing. */
const sharedTables: ReadonlySet<string> = new Set(['runs', 'late_points'])

/**
 * How the partitions of a process share the store's places for inserts.
 *
 * Few rows cost the store as much as thousands: each insert makes a part of the table, and one of each of its views. So the partitions of a
 * process put theirs into some tables together: what comes while an insert of the table is under way goes with the next one.
 */
export function withSharedInserts({ sinkReader, insertBlock }: SinkStore): SinkStore {
  const waiting = new Map<string, Waiting[]>()
  const insertPatiently = sideBySide(1, insertBlock)

  async function insertInTurn(table: string): Promise<void> {
    const queue = waiting.get(table)!
    while (queue.length > 0) {
      let rows = 0
      let count = 0
      while (count < queue.length && (count === 0 || rows + queue[count]!.rows.rows <= sharedRows))
        rows += queue[count++]!.rows.rows
      const together = queue.splice(0, count)
      try {
        const joined = joinRows(together.map((one) => one.rows))
        await insertBlock(table, joined.rows, joined.columns)
        for (const { done } of together) done()
      } catch (error) {
        for (const { failed } of together) failed(error)
      }
    }
    waiting.delete(table)
  }

  function insertTogether(rows: TableRows): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const one = { rows, done: resolve, failed: reject }
      const queue = waiting.get(rows.table)
      if (queue) queue.push(one)
      else {
        waiting.set(rows.table, [one])
        void insertInTurn(rows.table)
      }
    })
  }

  return {
    sinkReader,
    insertBlock(table, rows, columns, token, turn) {
      if (token === undefined && sharedTables.has(table)) return insertTogether({ table, rows, columns })
      const insert = patientTables.has(table) ? insertPatiently : insertBlock
      return insert(table, rows, columns, token, turn)
    },
  }
}

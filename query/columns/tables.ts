import { limits } from '../../schema/limits.ts'
import { numbers } from '../sql/read.ts'
import { runRowsCount } from '../sql/run-columns.ts'
import { type Shown, unreadOf } from './blocks.ts'
import { type Hands, loadTable, refreshMetric, refreshRuns } from './load.ts'
import { areLoaded, ensureColumns, isThere, markRead, type Owned } from './needed.ts'
import type { Need } from './needs.ts'
import { createTurn } from './pace.ts'
import { bytesOf, bytesToLoad, makeRoom, usedBytes } from './room.ts'
import { createEngineCheck, createLooker, type Look } from './store-parts.ts'
import { bytesPerRun, bytesPerValue, type RunTable, type Source } from './table.ts'

export type TableSettings = {
  /** Memory for all tables together, bytes. */
  readonly bytes: number
  /** Projects of fewer rows are asked in SQL each time. */
  readonly fromRuns: number
}

/** A table and its turn: who holds it may look at the columns he asked for, or change them. */
type Entry = {
  readonly table: RunTable
  readonly hands: Hands
  readonly turn: ReturnType<typeof createTurn>
  usedMs: number
}

export type Tables = {
  /**
   * Does some work on a project's table, with the columns needed, which holds at least what the store showed when this was called.
   * Undefined when the project is not kept in memory.
   */
  use<T>(project: string, needs: readonly Need[], work: (table: RunTable) => Promise<T>): Promise<T | undefined>
  /**
   * The same where all of it is in memory already, with what the store showed at a moment. Where it is not the answer is undefined at once; and
   * with `load` it will be in memory soon, if it fits beside what others have used lately.
   */
  useLoaded<T>(
    project: string,
    needs: readonly Need[],
    how: Loaded,
    work: (table: RunTable) => Promise<T>,
  ): Promise<T | undefined>
  bytes(): number
}

export type Loaded = { readonly sinceMs: number; readonly load: boolean }

/** So long a project counts as small after it was found to be, ms. */
const smallForMs = 10_000
/** What was used within this time is not given back for what is only good to have, ms. */
const lateMs = 300_000
/** How often a table that is changed under our hands is read anew for one question. */
const triesPerQuestion = 3

export function createTables(ask: Hands['ask'], settings: TableSettings): Tables {
  const entries = new Map<string, Promise<Entry>>()
  const ready = new Map<string, Entry>()
  const small = new Map<string, number>()
  const look = createLooker(ask)
  const isPlain = createEngineCheck(ask)

  const bytes = () => bytesOf([...ready.values()])

  /** Rows of a project, or undefined when it has too few or too many to be kept. */
  async function rowsToKeep(project: string, columns: number): Promise<number | undefined> {
    const smallMs = small.get(project)
    if (smallMs !== undefined && performance.now() - smallMs < smallForMs) return undefined
    if (!(await isPlain())) return undefined
    const rows = numbers(await ask(runRowsCount(project)), 'count')[0] ?? 0
    if (rows >= settings.fromRuns && rows * (bytesPerRun + columns * bytesPerValue) <= settings.bytes) return rows
    if (small.size >= limits.projectsRemembered) small.clear()
    small.set(project, performance.now())
    return undefined
  }

  async function open(project: string, rows: number): Promise<Entry> {
    const turn = createTurn()
    const hands: Hands = { ask, change: turn }
    const seen = await look()
    const table = await loadTable(project, rows, hands)
    markRead(table.source, seen.shown.runs, seen)
    const entry = { table, hands, turn, usedMs: performance.now() }
    ready.set(project, entry)
    return entry
  }

  async function entryOf(project: string, columns: number): Promise<Entry | undefined> {
    const known = entries.get(project)
    if (known) return known
    const rows = await rowsToKeep(project, columns)
    if (rows === undefined) return undefined
    const opening = entries.get(project) ?? open(project, rows)
    entries.set(project, opening)
    opening.catch(() => entries.delete(project))
    return opening
  }

  function forget(project: string): void {
    entries.delete(project)
    ready.delete(project)
  }

  /** False when the table is not the one that was read. */
  async function refresh({ table, hands }: Entry, { metrics }: Owned, sinceMs?: number): Promise<boolean> {
    const seen = await look(sinceMs)
    const runs = bringUpToDate(table.source, seen, seen.shown.runs, (unread) => refreshRuns(table, unread, hands))
    const figures = metrics.map((metric) =>
      bringUpToDate(metric.source, seen, seen.shown.metric_figures, (unread) =>
        refreshMetric(table, metric, unread, hands),
      ),
    )
    return (await Promise.all([runs, ...figures])).every(Boolean)
  }

  async function use<T>(
    project: string,
    needs: readonly Need[],
    work: (table: RunTable) => Promise<T>,
    sinceMs?: number,
  ): Promise<T | undefined> {
    for (let tries = 0; tries < triesPerQuestion; tries++) {
      const entry = await entryOf(project, needs.length)
      if (!entry) return undefined
      entry.usedMs = performance.now()
      const owned = await ensureColumns(entry.table, entry.hands, needs, look)
      if (!(await refresh(entry, owned, sinceMs))) {
        if (ready.get(project) === entry) forget(project)
        continue
      }
      const { table, turn } = entry
      const done = await turn(async () => {
        // Somebody may have made room meanwhile, or be loading more figures of a metric.
        if (!isThere(table, owned)) return undefined
        return { answer: await work(table) }
      })
      for (const gone of makeRoom([...ready.values()], project, needs, settings.bytes)) forget(gone)
      if (done) return done.answer
    }
    return undefined
  }

  function fits({ table }: Entry, needs: readonly Need[]): boolean {
    const sinceMs = performance.now() - lateMs
    return usedBytes([...ready.values()], sinceMs) + bytesToLoad(table, needs) <= settings.bytes
  }

  return {
    bytes,
    use: (project, needs, work) => use(project, needs, work),
    async useLoaded(project, needs, { sinceMs, load }, work) {
      const entry = ready.get(project)
      if (!entry) return undefined
      if (areLoaded(entry.table, needs)) return await use(project, needs, work, sinceMs)
      // Who asks is answered in another way meanwhile; a store that is away is told to him.
      if (load && fits(entry, needs)) use(project, needs, async () => {}).catch(() => {})
      return undefined
    },
  }
}

const updates = new WeakMap<Source, Promise<boolean>>()

/** Reads what a look showed and was not read yet; one after the other for one source. False when it cannot be done. */
function bringUpToDate(
  source: Source,
  seen: Look,
  shown: Shown,
  read: (unread: NonNullable<Exclude<ReturnType<typeof unreadOf>, 'void'>>) => Promise<boolean>,
): Promise<boolean> {
  async function update(): Promise<boolean> {
    // Somebody has looked later and read what he saw.
    if (seen.number <= source.look) return true
    const unread = unreadOf(shown, source.identity, source.read)
    if (unread === 'void') return false
    if (unread && !(await read(unread))) return false
    markRead(source, shown, seen)
    return true
  }
  const done = (updates.get(source) ?? Promise.resolve(true)).then(update, update)
  updates.set(source, done)
  return done
}

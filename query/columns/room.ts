import type { Need } from './needs.ts'
import { columnBytes, columnOf, metricBytes, type RunTable, tableBytes } from './table.ts'

type Kept = { readonly table: RunTable; readonly usedMs: number }

type Spare = { readonly usedMs: number; readonly bytes: number; readonly drop: () => unknown }

export function bytesOf(entries: readonly Kept[]): number {
  return entries.reduce((sum, { table }) => sum + tableBytes(table), 0)
}

/** Bytes of what was used since a moment. */
export function usedBytes(entries: readonly Kept[], sinceMs: number): number {
  const used = entries.filter(({ usedMs }) => usedMs >= sinceMs)
  const idle = used.flatMap(({ table }) => columnsOf(table).filter(({ usedMs }) => usedMs < sinceMs))
  return bytesOf(used) - idle.reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Bytes that figures take which are not loaded. */
export function bytesToLoad(table: RunTable, needs: readonly Need[]): number {
  const missing = needs.filter((need) => columnOf(table, need) === undefined)
  const metrics = new Set(missing.map((need) => (need.table === 'figures' ? need.metric : '')))
  return table.capacity * 8 * (missing.length + metrics.size)
}

/**
 * Gives back memory until no more than `bytes` are used, of what was not used for longest, but not of what a question to `project` needs.
 * @returns projects whose tables have to go as a whole
 */
export function makeRoom(entries: readonly Kept[], project: string, needs: readonly Need[], bytes: number): string[] {
  let over = bytesOf(entries) - bytes
  if (over <= 0) return []
  const gone: string[] = []
  const kept = new Set(needs.map((need) => (need.table === 'figures' ? need.metric : need.id)))
  const spare = entries.flatMap((entry): Spare[] => {
    if (entry.table.project === project) return columnsOf(entry.table).filter(({ name }) => !kept.has(name))
    const drop = () => gone.push(entry.table.project)
    return [{ usedMs: entry.usedMs, bytes: tableBytes(entry.table), drop }]
  })
  for (const each of spare.sort((a, b) => a.usedMs - b.usedMs)) {
    if (over <= 0) break
    each.drop()
    over -= each.bytes
  }
  return gone
}

function columnsOf(table: RunTable): (Spare & { readonly name: string })[] {
  const columns = [...table.columns].map(([name, { column, usedMs }]) => {
    const drop = () => table.columns.delete(name)
    return { name, usedMs, bytes: column === table.runs ? 0 : columnBytes(column), drop }
  })
  const metrics = [...table.metrics].map(([name, metric]) => {
    return { name, usedMs: metric.usedMs, bytes: metricBytes(metric), drop: () => table.metrics.delete(name) }
  })
  return [...columns, ...metrics]
}

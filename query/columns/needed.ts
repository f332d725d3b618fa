import type { SummaryField } from '../sql/summaries.ts'
import { blocksOf, type Shown } from './blocks.ts'
import { type Hands, loadColumns, loadMetric } from './load.ts'
import type { Need, RunColumn } from './needs.ts'
import type { Look, Looker } from './store-parts.ts'
import {
  columnOf,
  createColumn,
  createMetricColumns,
  type LoadedColumn,
  type MetricColumns,
  type RunTable,
  type Source,
} from './table.ts'

/** What a question looks at, as it was loaded. */
export type Owned = { readonly columns: readonly LoadedColumn[]; readonly metrics: readonly MetricColumns[] }

export function isThere(table: RunTable, { columns, metrics }: Owned): boolean {
  const same = columns.every((own) => table.columns.get(own.need.id) === own)
  return same && metrics.every((own) => table.metrics.get(own.metric) === own)
}

export function markRead(source: Source, shown: Shown, { number }: Look): void {
  Object.assign(source, { identity: shown.identity, read: blocksOf(shown), look: number } satisfies Source)
}

/** Loads what is not there yet, and waits for what somebody else loads. */
export async function ensureColumns(
  table: RunTable,
  hands: Hands,
  needs: readonly Need[],
  look: Looker,
): Promise<Owned> {
  const now = performance.now()
  const runNeeds = needs.filter((need) => need.table === 'runs')
  loadMissing(table, hands, runNeeds, now)
  const metrics = [...fieldsByMetric(needs)].map(([name, fields]) => metricWith(table, hands, name, fields, look))
  const owned: Owned = { columns: runNeeds.flatMap((need) => table.columns.get(need.id) ?? []), metrics }
  for (const own of [...owned.columns, ...owned.metrics]) {
    own.usedMs = now
    await own.loaded
  }
  return owned
}

function loadMissing(table: RunTable, hands: Hands, needs: readonly RunColumn[], usedMs: number): void {
  const missing = new Map(needs.filter((need) => !columnOf(table, need)).map((need) => [need.id, need]))
  if (missing.size === 0) return
  const columns = [...missing.values()].map((need) => ({ need, column: createColumn(table, need), usedMs }))
  const loaded = loadColumns(table, columns, hands)
  for (const each of columns) table.columns.set(each.need.id, { ...each, loaded })
  loaded.catch(() => {
    for (const { need } of columns) table.columns.delete(need.id)
  })
}

function fieldsByMetric(needs: readonly Need[]): Map<string, Set<SummaryField>> {
  const fields = new Map<string, Set<SummaryField>>()
  for (const need of needs) {
    if (need.table !== 'figures') continue
    fields.set(need.metric, (fields.get(need.metric) ?? new Set()).add(need.field))
  }
  return fields
}

/** Whether all of it is loaded. */
export const areLoaded = (table: RunTable, needs: readonly Need[]): boolean =>
  needs.every((need) => columnOf(table, need) !== undefined)

/**
 * A metric's columns with at least these figures; read anew with all of them when one is missing, for they must be of one version. Until that
 * is done the columns there are serve those whom they are enough for.
 */
function metricWith(
  table: RunTable,
  hands: Hands,
  name: string,
  fields: ReadonlySet<SummaryField>,
  look: Looker,
): MetricColumns {
  const [known, pending] = [table.metrics.get(name), table.pending.get(name)]
  if (known && hasAll(known, fields)) return known
  if (pending && hasAll(pending, fields)) return pending
  const before = [known, pending].flatMap((one) => [...(one?.fields.keys() ?? [])])
  const metric = createMetricColumns(table, name, new Set([...before, ...fields]))
  table.pending.set(name, metric)
  metric.loaded = load()
  metric.loaded.catch(() => {})
  return metric

  async function load(): Promise<void> {
    try {
      const seen = await look()
      await loadMetric(table, metric, hands)
      markRead(metric.source, seen.shown.metric_figures, seen)
      await hands.change(async () => takePlace(table, metric))
    } finally {
      if (table.pending.get(name) === metric) table.pending.delete(name)
    }
  }
}

const hasAll = (metric: MetricColumns, fields: Iterable<SummaryField>): boolean =>
  [...fields].every((field) => metric.fields.has(field))

/** What was computed from points is known by the version of the summary: it goes along. */
function takePlace(table: RunTable, metric: MetricColumns): void {
  const before = table.metrics.get(metric.metric)
  if (before && !hasAll(metric, before.fields.keys())) return
  if (before) metric.derived = before.derived
  table.metrics.set(metric.metric, metric)
}

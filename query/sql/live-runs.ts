import { type Binder, createBinder, type Statement } from './text.ts'

/** Runs of a project that changed in a stretch of the log: for each partition the offsets after which and up to which. */
export type LiveRuns = {
  readonly project: string
  readonly after: readonly number[]
  readonly upTo: readonly number[]
  readonly rows: number
}

/** Those whose name, state, params or tags changed: `id`. Rows of `runs` say at which offset. */
export const changedRuns = (question: LiveRuns): Statement => changedIn('runs', 'key', question)

/** Those whose summaries were stored anew: `id`. */
export const summarizedRuns = (question: LiveRuns): Statement => changedIn('run_state', 'run_key', question)

function changedIn(table: 'runs' | 'run_state', key: string, { project, after, upTo, rows }: LiveRuns): Statement {
  const binder = createBinder()
  const { bind } = binder
  const sql = `
SELECT DISTINCT run AS id FROM ${table}
WHERE project = ${bind('String', project)} AND (${partitionsIn(key, after, upTo, binder)})
LIMIT ${bind('UInt32', rows)}`
  return { sql, parameters: binder.parameters }
}

function partitionsIn(key: string, after: readonly number[], upTo: readonly number[], { bind }: Binder): string {
  const moved = [...upTo.keys()].filter((partition) => upTo[partition]! > after[partition]!)
  if (moved.length === 0) return '0'
  return moved
    .map((partition) => {
      const within = `version > ${bind('Int64', after[partition]!)} AND version <= ${bind('Int64', upTo[partition]!)}`
      if (upTo.length === 1) return within
      return `(${key} % ${bind('UInt32', upTo.length)} = ${bind('UInt32', partition)} AND ${within})`
    })
    .join(' OR ')
}

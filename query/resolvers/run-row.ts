import type { Columns } from '../../schema/store.ts'
import type { RecordFields } from '../columns/records.ts'
import { numbers, texts } from '../sql/read.ts'
import type { Maybe } from './inputs.ts'

/** A run as its fields are resolved from it; `at` goes along for the fields that read summaries. */
export type RunRow = ReturnType<typeof createRun>

export function createRun(project: string, fields: RecordFields, at: Maybe<string>) {
  return { project, ...fields, at }
}

/** Rows of `runColumns`. */
export function readRuns(answer: Columns, project: string, at: Maybe<string>) {
  const [ids, names, states] = [texts(answer, 'id'), texts(answer, 'name'), texts(answer, 'stateText')]
  const [params, tags] = [texts(answer, 'params'), texts(answer, 'tagsText')]
  const [created, updated] = [numbers(answer, 'createdMs'), numbers(answer, 'updatedMs')]
  return ids.map((run, row) => {
    const fields = {
      run,
      name: names[row]!,
      state: states[row]!,
      created: created[row]!,
      updated: updated[row]!,
      params: () => JSON.parse(params[row]! || '{}') as unknown,
      tags: () => JSON.parse(tags[row]!) as unknown,
    }
    return createRun(project, fields, at)
  })
}

/** What was shown of runs lately, by row, as the store has it at a version; so that a page that is asked for again and again is not fetched each time. */
export type Records = { readonly byRow: Map<number, Shown>; bytes: number }

/** Fields of a run as its record has them. */
export type Shown = { readonly version: number; readonly fields: RecordFields; readonly bytes: number }

export type RecordFields = {
  readonly run: string
  readonly name: string
  readonly state: string
  /** ms */
  readonly created: number
  readonly updated: number
  readonly params: () => unknown
  readonly tags: () => unknown
}

/** Bytes of one project's records in memory, about, and of one among them: a run with thousands of params is fetched each time. */
const bytesKept = 16 * 2 ** 20
const bytesOfOne = 64 * 2 ** 10
/** As objects they take about so much more than as text. */
const perCharacter = 4

export const createRecords = (): Records => ({ byRow: new Map(), bytes: 0 })

export function keepRecord(records: Records, row: number, version: number, fields: RecordFields, text: string): void {
  forgetRecord(records, row)
  const bytes = perCharacter * text.length
  if (bytes > bytesOfOne) return
  records.byRow.set(row, { version, fields, bytes })
  records.bytes += bytes
  for (const oldest of records.byRow.keys()) {
    if (records.bytes <= bytesKept) return
    forgetRecord(records, oldest)
  }
}

/** What is kept of a row at a version; it counts as used now. */
export function recordOf(records: Records, row: number, version: number): RecordFields | undefined {
  const shown = records.byRow.get(row)
  if (shown?.version !== version) return undefined
  records.byRow.delete(row)
  records.byRow.set(row, shown)
  return shown.fields
}

/** The row was written anew. */
export function forgetRecord(records: Records, row: number): void {
  if (records.byRow.size === 0) return
  const shown = records.byRow.get(row)
  if (!shown) return
  records.byRow.delete(row)
  records.bytes -= shown.bytes
}

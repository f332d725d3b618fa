import { limits } from '../../schema/limits.ts'
import type { ParamValue, RunState, Update } from '../record/record.ts'

export type Metadata = {
  name: string
  state: RunState
  createdMs: number
  updatedMs: number
  readonly params: Map<string, Exclude<ParamValue, null>>
  readonly tags: Map<string, string>
}

export function createMetadata(): Metadata {
  return { name: '', state: 'running', createdMs: 0, updatedMs: 0, params: new Map(), tags: new Map() }
}

/** Whether the run would have no more entries than it may. */
export function updateFits(metadata: Metadata, update: Update): boolean {
  return (
    wouldHave(metadata.params, update.params) <= limits.entriesPerRun &&
    wouldHave(metadata.tags, update.tags) <= limits.entriesPerRun
  )
}

/** Merges an update that fits. */
export function applyUpdate(metadata: Metadata, update: Update, receivedMs: number): void {
  if (update.name !== undefined) metadata.name = update.name
  if (update.state !== undefined) metadata.state = update.state
  merge(metadata.params, update.params)
  merge(metadata.tags, update.tags)
  metadata.updatedMs = receivedMs
}

function wouldHave(entries: ReadonlyMap<string, unknown>, changes: ReadonlyMap<string, unknown> | undefined): number {
  let size = entries.size
  for (const [key, value] of changes ?? []) {
    if (value === null) size -= entries.has(key) ? 1 : 0
    else size += entries.has(key) ? 0 : 1
  }
  return size
}

function merge<V>(entries: Map<string, V>, changes: ReadonlyMap<string, V | null> | undefined): void {
  for (const [key, value] of changes ?? []) {
    if (value === null) entries.delete(key)
    else entries.set(key, value)
  }
}

import { type Commit, nothingCommitted } from '../log.ts'
import { LogDamaged } from './trouble.ts'

/**
 * A commit as Kafka keeps it: its `offset` is the group's committed offset, the rest is the metadata beside it, a text:
 *
 *   1|<stored>|<newestMs>|<first>-<last>,…|<mark>
 *
 * The mark differs with every commit, so that a reader can tell whether the last one is its own.
 */
export type KeptCommit = { readonly offset: string; readonly metadata: string | null }

/** Kafka's default of `offset.metadata.max.bytes`. */
const metadataBytes = 4_096

export function encodeCommit(commit: Commit, mark: string): KeptCommit {
  const intents = commit.intents.map(([first, last]) => `${first}-${last}`).join(',')
  const metadata = `1|${commit.stored}|${commit.newestMs}|${intents}|${mark}`
  if (metadata.length > metadataBytes) throw new RangeError(`${commit.intents.length} intents do not fit in a commit`)
  return { offset: String(commit.offset), metadata }
}

/** @throws LogDamaged when the group's commit was not made by a sink */
export function decodeCommit(kept: KeptCommit): Commit {
  if (kept.offset === '-1') return nothingCommitted
  const match = /^1\|(\d{1,16})\|(\d{1,16})\|((?:\d{1,16}-\d{1,16},?)*)\|[\w-]*$/.exec(kept.metadata ?? '')
  if (!match) {
    throw new LogDamaged(
      `the group's committed offset ${kept.offset} was not made by a sink (metadata ${JSON.stringify(kept.metadata)}): ` +
        'another consumer uses the group, or its offsets were reset',
    )
  }
  const intents = match[3]!
    .split(',')
    .filter((text) => text !== '')
    .map((text) => text.split('-').map(Number) as [number, number])
  return { offset: Number(kept.offset), stored: Number(match[1]), newestMs: Number(match[2]), intents }
}

export function sameCommit(a: KeptCommit, b: KeptCommit): boolean {
  return a.offset === b.offset && (a.metadata ?? '') === (b.metadata ?? '')
}

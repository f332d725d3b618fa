import { type Commit, type Intent, nothingCommitted } from '../log.ts'
import { LogDamaged } from './trouble.ts'

/**
 * A commit as Kafka keeps it: its `offset` is the group's committed offset, the rest is the metadata beside it, a text:
 *
 *   1|<stored>|<newestMs>|<first>-<last>,…|<mark>
 *   2|<stored>|<newestMs>|<first>-<last>@<joint>,…|<mark>
 *
 * The second where a range goes into a block together with others: who does not know of them must not take the partition.
 * The mark differs with every commit, so that a reader can tell whether the last one is its own.
 */
export type KeptCommit = { readonly offset: string; readonly metadata: string | null }

/** Kafka's default of `offset.metadata.max.bytes`. */
const metadataBytes = 4_096

export function encodeCommit(commit: Commit, mark: string): KeptCommit {
  const isJoint = commit.intents.some(([, , joint]) => joint !== undefined)
  const intents = commit.intents.map(([first, last, joint]) => `${first}-${last}${joint ? `@${joint}` : ''}`).join(',')
  const metadata = `${isJoint ? 2 : 1}|${commit.stored}|${commit.newestMs}|${intents}|${mark}`
  if (metadata.length > metadataBytes) throw new RangeError(`${commit.intents.length} intents do not fit in a commit`)
  return { offset: String(commit.offset), metadata }
}

/** @throws LogDamaged when the group's commit was not made by a sink */
export function decodeCommit(kept: KeptCommit): Commit {
  if (kept.offset === '-1') return nothingCommitted
  const match = /^[12]\|(\d{1,16})\|(\d{1,16})\|((?:\d{1,16}-\d{1,16}(?:@[\w-]+)?,?)*)\|[\w-]*$/.exec(
    kept.metadata ?? '',
  )
  if (!match) {
    throw new LogDamaged(
      `the group's committed offset ${kept.offset} was not made by a sink (metadata ${JSON.stringify(kept.metadata)}): ` +
        'another consumer uses the group, or its offsets were reset',
    )
  }
  const intents = match[3]!
    .split(',')
    .filter((text) => text !== '')
    .map(decodeIntent)
  return { offset: Number(kept.offset), stored: Number(match[1]), newestMs: Number(match[2]), intents }
}

function decodeIntent(text: string): Intent {
  const [, first, last, joint] = /^(\d+)-(\d+)(?:@(.+))?$/.exec(text)!
  return joint === undefined ? [Number(first), Number(last)] : [Number(first), Number(last), joint]
}

export function sameCommit(a: KeptCommit, b: KeptCommit): boolean {
  return a.offset === b.offset && (a.metadata ?? '') === (b.metadata ?? '')
}

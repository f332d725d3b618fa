import type { NameRun } from '../record/reader.ts'
import type { RunName } from '../record/record.ts'
import type { Run } from './runs.ts'

/** A run as the log names it, kept so that its next frame makes no texts, with what the sink had of it after so many evictions. */
export type KnownName = RunName & { held: Run | undefined; evictions: number }

const slots = 1 << 16

/**
 * Names seen lately, found by their bytes: each has one slot, in which the next of the same hash takes its place. A name beyond
 * ASCII is made anew each time.
 */
export function createRunNames(): NameRun {
  const known: (KnownName | undefined)[] = new Array(slots).fill(undefined)
  return (project, bytes, at, length) => {
    let hash = length
    for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193)
    const slot = (hash ^ (hash >>> 15)) & (slots - 1)
    const name = known[slot]
    if (name !== undefined && name.project === project && isText(name.run, bytes, at, length)) return name
    const fresh: KnownName = { project, run: bytes.toString('utf8', at, at + length), held: undefined, evictions: 0 }
    known[slot] = fresh
    return fresh
  }
}

function isText(text: string, bytes: Uint8Array, at: number, length: number): boolean {
  if (text.length !== length) return false
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false
  return true
}

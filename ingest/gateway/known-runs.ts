import { randomBytes } from 'node:crypto'
import type { RunRef } from './run-ref.ts'

/**
 * Runs by the bytes of their names, so that a frame of a run that was seen before needs no texts. A cache of fixed size in front of the
 * registry: whatever is not in it, or has longer names, is looked up there.
 */
export type KnownRuns = {
  find(
    bytes: Uint8Array,
    projectAt: number,
    projectLength: number,
    runAt: number,
    runLength: number,
  ): RunRef | undefined
  add(bytes: Uint8Array, projectAt: number, projectLength: number, runAt: number, runLength: number, run: RunRef): void
}

/** Both lengths and both names lie in so many bytes of a slot. */
const slotBytes = 64
const namesBytes = slotBytes - 2
/** Places where a run may be: a bound on the work, whatever names someone chooses. */
const places = 4

export function createKnownRuns(slots = 32_768): KnownRuns {
  const mask = slots - 1
  const names = new Uint8Array(slots * slotBytes)
  const runs = new Array<RunRef | undefined>(slots).fill(undefined)
  const seed = randomBytes(4).readInt32LE()
  let next = 0

  function placeOf(bytes: Uint8Array, projectAt: number, projectLength: number, runAt: number, runLength: number) {
    let hash = seed ^ projectLength
    for (let i = projectAt; i < projectAt + projectLength; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193)
    for (let i = runAt; i < runAt + runLength; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193)
    return (hash ^ (hash >>> 15)) & mask
  }

  function isAt(
    slot: number,
    bytes: Uint8Array,
    projectAt: number,
    projectLength: number,
    runAt: number,
    runLength: number,
  ) {
    let at = slot * slotBytes
    if (names[at++] !== projectLength || names[at++] !== runLength) return false
    // From the end: that is where the names of runs differ.
    at += projectLength
    for (let i = runLength - 1; i >= 0; i--) if (names[at + i] !== bytes[runAt + i]) return false
    at -= projectLength
    for (let i = 0; i < projectLength; i++) if (names[at + i] !== bytes[projectAt + i]) return false
    return true
  }

  return {
    find(bytes, projectAt, projectLength, runAt, runLength) {
      if (projectLength + runLength > namesBytes) return undefined
      const first = placeOf(bytes, projectAt, projectLength, runAt, runLength)
      for (let i = 0; i < places; i++) {
        const slot = (first + i) & mask
        if (isAt(slot, bytes, projectAt, projectLength, runAt, runLength)) return runs[slot]
      }
      return undefined
    },
    add(bytes, projectAt, projectLength, runAt, runLength, run) {
      if (projectLength + runLength > namesBytes) return
      const first = placeOf(bytes, projectAt, projectLength, runAt, runLength)
      let slot = (first + (next++ % places)) & mask
      for (let i = 0; i < places; i++) {
        if (runs[(first + i) & mask] !== undefined) continue
        slot = (first + i) & mask
        break
      }
      const at = slot * slotBytes
      names[at] = projectLength
      names[at + 1] = runLength
      names.set(bytes.subarray(projectAt, projectAt + projectLength), at + 2)
      names.set(bytes.subarray(runAt, runAt + runLength), at + 2 + projectLength)
      runs[slot] = run
    },
  }
}

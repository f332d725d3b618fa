/** Reading a stream whose pieces end anywhere: a state takes what it can of a piece and names the state that takes the rest. */

/** Where in a piece its first answer begins, and where an answer is first complete (the index after it); -1: nowhere in this piece. */
export type Found = { readonly begin: number; readonly end: number }
export type AnswerFinder = {
  /** Bytes of the client, in order. */
  readonly sent?: (bytes: Buffer) => void
  /** Bytes of the server, in order. */
  answered(bytes: Buffer): Found
}

/** Called with at least one byte after `at`. */
export type State = (bytes: Buffer, at: number) => readonly [at: number, next: State]

/** Takes pieces one after the other, beginning in a state. */
export function createReader(first: State): (bytes: Buffer) => void {
  let state = first
  return (bytes) => {
    let at = 0
    while (at < bytes.length) [at, state] = state(bytes, at)
  }
}

/** Passes over so many bytes; `then` is told the index after them. */
export function skip(count: number, at: number, then: (at: number) => State): readonly [number, State] {
  if (count === 0) return [at, then(at)]
  let left = count
  return [
    at,
    function skipping(bytes, at) {
      const taken = Math.min(left, bytes.length - at)
      left -= taken
      return [at + taken, left === 0 ? then(at + taken) : skipping]
    },
  ]
}

/** Gathers so many bytes (at least one). */
export function gather(count: number, then: (gathered: Buffer, at: number) => readonly [number, State]): State {
  let gathered: Buffer | undefined
  return function gathering(bytes, at) {
    const missing = count - (gathered?.length ?? 0)
    const piece = bytes.subarray(at, at + missing)
    gathered = gathered ? Buffer.concat([gathered, piece]) : piece
    if (gathered.length < count) return [bytes.length, gathering]
    return then(gathered, at + piece.length)
  }
}

/** Gathers up to an ending, which is included. */
export function gatherUntil(
  ending: string,
  then: (text: string, at: number) => readonly [number, State],
  /** Told after each step what there is so far, and where in the piece the step began. */
  watch?: (text: string, at: number) => void,
): State {
  let text = ''
  return function gathering(bytes, at) {
    const before = text.length
    // In steps: a long body may follow, and is not text.
    const step = Math.min(bytes.length, at + 1024)
    text += bytes.toString('latin1', at, step)
    const found = text.indexOf(ending, Math.max(0, before - ending.length))
    if (found < 0 && text.length > longestText) throw new Error(`no end of a line or head in ${longestText} bytes`)
    if (found >= 0) text = text.slice(0, found + ending.length)
    watch?.(text, at)
    return found < 0 ? [step, gathering] : then(text, at + text.length - before)
  }
}
const longestText = 256 * 1024

/** The first of everything found in a piece. */
export function createNotes() {
  let begin = -1
  let end = -1
  return {
    begun(at: number) {
      if (begin < 0) begin = at
    },
    ended(at: number) {
      if (end < 0) end = at
    },
    take(): Found {
      const found = { begin, end }
      begin = -1
      end = -1
      return found
    },
  }
}
export type Notes = ReturnType<typeof createNotes>

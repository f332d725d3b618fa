import type { Settled } from './columns.ts'
import type { Stream } from './settle.ts'

/** Points of several series met at equal steps, in the order of steps. */
export type Joined = {
  readonly steps: Float64Array
  /** The latest of the times of a point's parts. */
  readonly times: Float64Array | undefined
  /** How many points its parts superseded, all together. */
  readonly dropped: Float64Array | undefined
  /** A column of values for each series, in their order. */
  readonly values: readonly Float64Array[]
}

export type JoinOptions = {
  /** So many of the series, the first ones, make the points; the rest, which only says where they lie, has no part in times and counts. */
  readonly parts: number
  /** Told of points of the parts that another series has no point for: how many at once, from which step to which. */
  readonly onAlone: (points: Settled, from: number, to: number) => void
}

/**
 * Joins settled series at equal steps. Where a step has several points in each (`repeated: ALL`) the first meets the first, the second the
 * second and so on, in the order of logging.
 */
export async function* joined(streams: readonly Stream<Settled>[], options: JoinOptions): AsyncGenerator<Joined> {
  const cursors = streams.map(cursorOf)
  try {
    await Promise.all(cursors.map(refill))
    while (cursors.every(({ block }) => block !== undefined)) {
      const together = merge(cursors, options)
      if (together) yield together
      await Promise.all(cursors.map(refill))
    }
    for (const [i, cursor] of cursors.entries()) {
      for (; cursor.block; await refill(cursor)) leave(cursor, cursor.block.steps.length, i, options)
    }
  } finally {
    // Whoever has enough leaves early: then nothing more is to be read.
    await Promise.all(cursors.map(({ stream }) => stream.return?.()))
  }
}

/** Where reading one of the series stands: rows of the block before `at` are done. */
type Cursor = { readonly stream: AsyncIterator<Settled>; block: Settled | undefined; at: number }

const cursorOf = (stream: Stream<Settled>): Cursor => ({
  stream: stream[Symbol.asyncIterator](),
  block: { steps: noRows, values: noRows, times: undefined, dropped: undefined, ordinals: undefined },
  at: 0,
})
const noRows = new Float64Array(0)

async function refill(cursor: Cursor): Promise<void> {
  while (cursor.block && cursor.at >= cursor.block.steps.length) {
    const next = await cursor.stream.next()
    cursor.block = next.done ? undefined : next.value
    cursor.at = 0
  }
}

function leave(cursor: Cursor, to: number, series: number, { parts, onAlone }: JoinOptions): void {
  if (series < parts && to > cursor.at) onAlone(cursor.block!, cursor.at, to)
  cursor.at = to
}

/** What the blocks at hand have in common, until one of them is used up. */
function merge(cursors: readonly Cursor[], options: JoinOptions): Joined | undefined {
  const most = Math.min(...cursors.map(({ block, at }) => block!.steps.length - at))
  // Row numbers of the points that meet, series by series.
  const rows = cursors.map(() => new Int32Array(most))
  let count = 0
  for (let open = true; open; ) {
    let [furthest, alike] = [cursors[0]!, true]
    for (const cursor of cursors) {
      const order = compare(cursor, furthest)
      if (order !== 0) alike = false
      if (order > 0) furthest = cursor
    }
    if (alike) {
      const run = alikeFor(cursors)
      for (const [i, cursor] of cursors.entries()) {
        for (let k = 0; k < run; k++) rows[i]![count + k] = cursor.at + k
        cursor.at += run
      }
      count += run
    } else {
      for (const [i, cursor] of cursors.entries()) {
        let to = cursor.at
        while (to < cursor.block!.steps.length && before(cursor.block!, to, furthest)) to++
        leave(cursor, to, i, options)
      }
    }
    open = cursors.every(({ block, at }) => at < block!.steps.length)
  }
  return count === 0 ? undefined : gather(cursors, rows, count, options.parts)
}

const ordinal = (block: Settled, row: number) => block.ordinals?.[row] ?? 0

function compare(a: Cursor, b: Cursor): number {
  return a.block!.steps[a.at]! - b.block!.steps[b.at]! || ordinal(a.block!, a.at) - ordinal(b.block!, b.at)
}

function before(block: Settled, row: number, { block: other, at }: Cursor): boolean {
  const [step, limit] = [block.steps[row]!, other!.steps[at]!]
  return step < limit || (step === limit && ordinal(block, row) < ordinal(other!, at))
}

/** For how many rows from here on all the blocks have the same points: mostly all of them, since metrics are logged together. */
function alikeFor(cursors: readonly Cursor[]): number {
  const first = cursors[0]!
  let run = Math.min(...cursors.map(({ block, at }) => block!.steps.length - at))
  for (const cursor of cursors) {
    const [a, b] = [first.block!, cursor.block!]
    let same = 0
    if (a.ordinals || b.ordinals) {
      while (same < run && alikeAt(a, first.at + same, b, cursor.at + same)) same++
    } else while (same < run && a.steps[first.at + same] === b.steps[cursor.at + same]) same++
    run = same
  }
  return run
}

const alikeAt = (a: Settled, i: number, b: Settled, j: number) =>
  a.steps[i] === b.steps[j] && ordinal(a, i) === ordinal(b, j)

function gather(cursors: readonly Cursor[], rows: readonly Int32Array[], count: number, parts: number): Joined {
  const pick = (column: Float64Array, from: Int32Array) => {
    const picked = new Float64Array(count)
    for (let i = 0; i < count; i++) picked[i] = column[from[i]!]!
    return picked
  }
  const made = cursors.slice(0, parts)
  const times = made[0]!.block!.times && new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
  const dropped = made.some(({ block }) => block!.dropped) ? new Float64Array(count) : undefined
  for (const [s, { block }] of made.entries()) {
    if (times) for (let i = 0; i < count; i++) times[i] = Math.max(times[i]!, block!.times![rows[s]![i]!]!)
    if (dropped && block!.dropped) for (let i = 0; i < count; i++) dropped[i]! += block!.dropped[rows[s]![i]!]!
  }
  return {
    steps: pick(cursors[0]!.block!.steps, rows[0]!),
    values: cursors.map(({ block }, s) => pick(block!.values, rows[s]!)),
    ...{ times, dropped },
  }
}

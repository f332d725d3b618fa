import { mixers, mixPoint } from '../bench/checksum.ts'
import { metricKey, runKey } from '../schema/keys.ts'
import { compareFrame, noteUnsent, readFrames, type Sql } from './exact.ts'
import { type FrameMaker, type FramePoints, numberOf } from './frame.ts'
import { fates, type LaneLedger } from './ledger.ts'
import { type Lane, project } from './plan.ts'
import { addFrame, type Summary } from './summary.ts'
import { applyUpdate, emptyMetadata, type Metadata, type Update } from './updates.ts'
import type { Verdict } from './verdict.ts'

/** A stored frame as SQL tells it: rows, position in the log, and two sums over its points. */
export type FrameRow = {
  readonly run_key: string
  readonly frame: string
  readonly rows: string
  readonly first_ord: string
  readonly a: number
  readonly b: number
}

/** What a run must look like, given which of its frames are stored and in which order they were logged. */
export type Expected = {
  readonly run: string
  readonly points: number
  /** Frames in the order of the log. */
  readonly order: readonly { readonly of: LaneLedger; readonly seq: number }[]
  readonly metadata: Metadata
  readonly summaries: ReadonlyMap<string, Summary>
}

type JudgeRun = {
  readonly run: string
  readonly lanes: readonly LaneLedger[]
  readonly rows: readonly FrameRow[]
  readonly make: FrameMaker
  readonly update: (lane: Lane, seq: number) => Update | undefined
  readonly sql: Sql
}

/** Compares the frames that are stored of one run with those that were sent. Frames whose sums differ are compared point by point. */
export async function judgeRun(verdict: Verdict, { run, lanes, rows, make, update, sql }: JudgeRun): Promise<Expected> {
  const key = runKey(project, run)
  const key32 = Number(key & 0xffffffffn)
  const order: { of: LaneLedger; seq: number }[] = []
  const doubtful: number[] = []
  const metadata = emptyMetadata()
  const summaries = new Map<string, Summary>()
  const stored = new Set<number>()
  let points = 0
  for (const row of [...rows].sort((one, other) => Number(one.first_ord) - Number(other.first_ord))) {
    const number = Number(row.frame)
    verdict.stored += Number(row.rows)
    const sent = frameOf(lanes, number)
    if (sent === undefined) {
      doubtful.push(number)
      continue
    }
    const { of, seq } = sent
    const frame = make(of.lane, seq)
    stored.add(number)
    order.push(sent)
    points += frame.points
    addFrame(summaries, of.lane, frame)
    const said = update(of.lane, seq)
    if (said) applyUpdate(metadata, said)
    if (Number(row.rows) === frame.points && sumsMatch(row, key32, of.lane, frame)) {
      if (of.fate[seq] !== fates.acked) verdict.abandonedStored += frame.points
    } else doubtful.push(number)
  }
  // Of an acknowledged frame that is not there at all, every point is missing.
  for (const of of lanes) {
    for (let seq = 0; seq < of.next; seq++) {
      if (of.fate[seq] !== fates.acked || stored.has(numberOf(of.lane, seq))) continue
      compareFrame(verdict, of, seq, make(of.lane, seq), [])
    }
  }
  for (let first = 0; first < doubtful.length; first += 500) {
    const some = doubtful.slice(first, first + 500)
    for (const [number, found] of await readFrames(sql, key, some)) {
      const sent = frameOf(lanes, number)
      if (sent) compareFrame(verdict, sent.of, sent.seq, make(sent.of.lane, sent.seq), found)
      else for (const row of found) noteUnsent(verdict, run, row)
    }
  }
  return { run, points, order, metadata, summaries }
}

/** The frame of this number, if it was sent. */
function frameOf(lanes: readonly LaneLedger[], number: number): { of: LaneLedger; seq: number } | undefined {
  if (number < 0) return undefined
  const of = lanes[number % lanes.length]!
  const seq = Math.floor(number / lanes.length)
  return seq < of.next ? { of, seq } : undefined
}

const metricKeys32 = new Map<string, number>()
function metricKey32(metric: string): number {
  let key = metricKeys32.get(metric)
  if (key === undefined) {
    key = Number(metricKey(metric) & 0xffffffffn)
    metricKeys32.set(metric, key)
  }
  return key
}

function sumsMatch(row: FrameRow, key32: number, lane: Lane, frame: FramePoints): boolean {
  const { count, firstStep, firstTimeMs, words } = frame
  let a = 0
  let b = 0
  lane.shape.metrics.forEach((metric, m) => {
    const metric32 = metricKey32(metric)
    for (let i = 0; i < count; i++) {
      const step = firstStep + i * lane.stride
      const at = (m * count + i) * 2
      a = (a + mixPoint(mixers[0], key32, metric32, step, words, at, firstTimeMs + i)) | 0
      b = (b + mixPoint(mixers[1], key32, metric32, step, words, at, firstTimeMs + i)) | 0
    }
  })
  return a >>> 0 === row.a && b >>> 0 === row.b
}

import type { DeadReason } from '../../schema/dead-letters.ts'
import { limits } from '../../schema/limits.ts'
import type { Block, RecordFrame } from '../record/record.ts'
import { type DeadLetter, deadFrame } from './dead-letter.ts'
import { noteLate } from './late-points.ts'
import { applyUpdate, updateFits } from './metadata.ts'
import { appendPoints, type PointsBatch } from './points.ts'
import { type Run, resolveSeries, seriesAtHand } from './runs.ts'
import { createSequence, recordSequence, type Sequence } from './sequence.ts'
import { integerAt } from './sequences.ts'
import { readSummary, type SeriesTable } from './series-table.ts'
import { follow, leave, type SetSeries } from './set-series.ts'
import type { SinkSet } from './sink-set.ts'
import { lateOfStep, summarize, summarizeNext, summarizeStep } from './summarize.ts'

/** What became of a frame. One that was stored has a letter when its update, and that alone, could not be. */
export type Outcome = { readonly kind: 'stored' | 'duplicate' | 'covered' | 'dead'; readonly letter?: DeadLetter }

const stored: Outcome = { kind: 'stored' }
const duplicate: Outcome = { kind: 'duplicate' }
const covered: Outcome = { kind: 'covered' }

/**
 * Applies one frame, in log order: recognises a re-sent one, merges its update, appends its points and adds them to the
 * summaries. What the stored rows already contain is not applied again, so replaying the log rebuilds the same state.
 * @param firstBlock number of its first block within the record, which a dead letter has
 */
export function applyFrame(
  table: SeriesTable,
  points: PointsBatch,
  run: Run,
  frame: RecordFrame,
  offset: number,
  firstBlock: number,
): Outcome {
  if (offset <= run.stateVersion) return covered
  if (run.collidesWith !== undefined)
    return dead(frame, offset, firstBlock, 'key_collision', `the key of this run is that of ${run.collidesWith}`)
  touch(run, frame, offset)
  if (frame.writer !== undefined && frame.seq !== undefined) {
    const verdict = recordSequence(sequenceOf(run, frame.writer), frame.seq)
    if (verdict === 'seen') {
      run.duplicateFrames++
      return duplicate
    }
    if (verdict === 'unknown')
      return dead(
        frame,
        offset,
        firstBlock,
        'sequence_horizon',
        `seq ${frame.seq} of writer ${frame.writer} is below the horizon`,
      )
  }
  const [only] = frame.blocks
  const known = only !== undefined && frame.blocks.length === 1 ? seriesAtHand(run, only.set as SinkSet) : undefined
  if (known) applyBlock(table, points, run, only!, known, frame.receivedMs, offset)
  else if (!applyBlocks(table, points, run, frame, offset))
    return dead(
      frame,
      offset,
      firstBlock,
      'too_many_metrics',
      `the run has ${run.list.names.length} metrics; the limit is ${limits.metricsPerRun}`,
    )
  const update = offset > run.metadataVersion ? frame.update : undefined
  if (update && !updateFits(run.metadata, update)) {
    // The points are stored all the same: when the frame is replayed behind its run's stored row, nobody can tell any more that it did not fit.
    const detail = `the run would have more than ${limits.entriesPerRun} params or tags`
    return {
      kind: 'stored',
      letter: deadFrame({ ...frame, blocks: [] }, offset, firstBlock, 'too_many_entries', detail),
    }
  }
  if (update) {
    applyUpdate(run.metadata, update, frame.receivedMs)
    run.metadataChanged = true
  }
  return stored
}

function dead(frame: RecordFrame, offset: number, block: number, reason: DeadReason, detail: string): Outcome {
  return { kind: 'dead', letter: deadFrame(frame, offset, block, reason, detail) }
}

/** False, with nothing done, when the run would have too many metrics. */
function applyBlocks(
  table: SeriesTable,
  points: PointsBatch,
  run: Run,
  { blocks, receivedMs }: RecordFrame,
  offset: number,
): boolean {
  const series = resolveSeries(
    table,
    run,
    blocks.map((block) => block.set as SinkSet),
  )
  series?.forEach((each, index) => {
    applyBlock(table, points, run, blocks[index]!, each, receivedMs, offset)
  })
  return series !== undefined
}

function touch(run: Run, frame: RecordFrame, offset: number): void {
  if (run.frames === 0 && run.metadata.createdMs === 0) {
    run.metadata.createdMs = frame.receivedMs
    run.metadata.updatedMs = frame.receivedMs
    run.metadataChanged = true
  }
  run.frames++
  run.lastReceivedMs = frame.receivedMs
  run.touched = offset
  run.dirty = true
}

function sequenceOf(run: Run, writer: string): Sequence {
  if (run.lastWriter !== writer) {
    run.lastSequence = nextWriter(run, writer)
    run.lastWriter = writer
  }
  return run.lastSequence!
}

function nextWriter({ writers }: Run, writer: string): Sequence {
  const sequence = writers.get(writer) ?? createSequence()
  // The writer used last is the last of the map.
  if (!writers.delete(writer) && writers.size >= limits.writersPerRun) {
    const [oldest] = writers.keys()
    writers.delete(oldest as string)
  }
  writers.set(writer, sequence)
  return sequence
}

let stepScratch = new Float64Array(1024)

function applyBlock(
  table: SeriesTable,
  points: PointsBatch,
  run: Run,
  block: Block,
  series: SetSeries,
  receivedMs: number,
  offset: number,
): void {
  const { count, steps, times } = block
  const { slots } = series
  const first = appendPoints(points, run, block.set as SinkSet, block, receivedMs, offset)
  run.points += slots.length * count
  const lastTime = times ? integerAt(times, count - 1) : receivedMs
  const replaying = offset <= run.loadedVersion
  const isSingle = count === 1 && !replaying
  const step = integerAt(steps, 0)
  if (isSingle && step > series.highest) {
    summarizeNext(table, series, points.values, first, step, lastTime)
    return
  }
  leave(table, series)
  if (isSingle) {
    const late = summarizeStep(table, slots, points.values, first, step, lastTime)
    for (let l = 0; l < late; l++) note(points, run, block, slots, lateOfStep[l]!, step, step)
    if (run.setsAreApart) follow(table, series)
    return
  }
  if (stepScratch.length < count) stepScratch = new Float64Array(count * 2)
  for (let i = 0; i < count; i++) stepScratch[i] = integerAt(steps, i)
  for (let m = 0; m < slots.length; m++) {
    const slot = slots[m]!
    if (replaying && offset <= readSummary(table, slot, 'version')) continue
    const late = summarize(table, slot, points.values, first + m * count, stepScratch, count, lastTime)
    if (late > 0) note(points, run, block, slots, m, stepScratch[0]!, stepScratch[late - 1]!)
  }
}

function note(
  { late }: PointsBatch,
  run: Run,
  block: Block,
  slots: Int32Array,
  m: number,
  first: number,
  last: number,
): void {
  noteLate(late, slots[m]!, run.key, (block.set as SinkSet).keys[m]!, first, last)
}

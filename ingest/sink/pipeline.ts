import { setImmediate } from 'node:timers/promises'
import { type Commit, type Intent, nothingCommitted, PartitionLost } from '../log/log.ts'
import { createBlockInsert, goesAlone } from './block-insert.ts'
import { createFence } from './fence.ts'
import { createFilling } from './filling.ts'
import { createFlushes } from './flushes.ts'
import { createInsertPace } from './insert-pace.ts'
import { createPointsInsert } from './points-insert.ts'
import { seriesInUse } from './series-table.ts'
import { sharersOf } from './settings.ts'
import type { Sink, SinkParts } from './sink.ts'
import { checkCommits, partitionIsKnown } from './source.ts'
import {
  applyRecord,
  type Batch,
  clearBatch,
  createSinkState,
  ensureRuns,
  evictIdle,
  parseRecord,
  recordsOf,
} from './state.ts'
import { findStoredRuns } from './stored-runs.ts'
import { createTrying } from './trying.ts'
import { createWaiters } from './waiters.ts'

/** Of all partitions of a process together. */
const readBytes = 4 * 1024 * 1024
const leastReadBytes = 1024 * 1024
/** Bytes of records applied between two turns of the event loop: a few milliseconds, for which a block that is due waits. */
const bytesPerTurn = 512 * 1024
/** One is inserted while the rows of the next are made and brought to the store. */
const blocksAtATime = 2

/**
 * log -> records -> runs and their series -> a block of points -> the store, each range of offsets exactly once:
 *
 * 1. the range is committed to the log as an intent;
 * 2. dead letters are inserted (inserting them again changes nothing);
 * 3. changed runs, for which the same holds, and beside them which points are late, and then the points, as one block under a token made
 *    of the range, which the store takes once.
 *
 * After a crash, or when the partition goes to another reader, the same range is read again and inserted under the same token. While one block is
 * inserted the next one fills: at once when idle, in large blocks when busy. A full one goes as far as the store meanwhile, and no further: who has
 * seen a point has seen those of its run that were logged before it.
 */
export function createSink(parts: SinkParts): Sink {
  const { partition, store, settings, observe } = parts
  const logger = parts.logger.child({ partition: partition.partition })
  const state = createSinkState()
  /** No more is read; aborted whenever `halted` is. */
  const stopping = new AbortController()
  /** Nothing more is begun; the reason says why. */
  const halted = new AbortController()
  const waiters = createWaiters()
  const keepTrying = createTrying({ partition, observe, logger, stopping, halted, halt })
  const points = createPointsInsert(parts, keepTrying, halted.signal)
  const fence = createFence(parts, keepTrying)
  const filling = createFilling(parts.batches, settings, stopping.signal)
  const pace = createInsertPace(settings, filling.turnMs)
  let starting: Promise<void> | undefined
  let reading: Promise<void> | undefined
  /** Blocks on their way, in the order of their offsets; each ends after those before it, and none fails. */
  const underWay: Promise<void>[] = []
  let committing: Promise<void> = Promise.resolve()
  let commit: Commit = nothingCommitted
  let stored = -1
  let flushed = -1
  let newestMs = 0
  let wanted = -1
  let timer: NodeJS.Timeout | undefined
  let unfollow = () => {}
  const insertBatch = createBlockInsert({
    ...{ parts, points, fence, logger, keepTrying, position, persist },
    isReplaying: () => !reading,
    begins: () => !stopping.signal.aborted,
  })
  const flushes = createFlushes({
    ...{ ...parts, state, keepTrying, halt },
    lags: () => flushed < state.applied && !stopping.signal.aborted,
    hasBegun: () => reading !== undefined,
    stored: (offset, haste) => (haste ? reached(offset, false) : arrived(offset)),
    async covered(offset) {
      await persist({ ...position(), offset: Math.max(commit.offset, offset + 1) })
      flushed = Math.max(flushed, offset)
    },
  })

  async function begin(): Promise<void> {
    const known = await keepTrying('look up the partition', () => partitionIsKnown(store, partition))
    commit = await partition.committed()
    checkCommits(partition, known, commit)
    insertBatch.partitionIsKnown(known)
    const open = commit.intents
    stored = commit.stored - 1
    flushed = commit.offset - 1
    newestMs = commit.newestMs
    state.applied = commit.offset - 1
    const place = { partition: partition.partition, partitions: parts.partitions }
    state.storedRuns = await keepTrying('look up which runs there are', () => findStoredRuns(store.sinkReader, place))
    await rebuild(commit.offset, stored)
    // Not with half of the state, which takes what was sent again for new.
    for (const intent of open) if (!stopping.signal.aborted) await replay(intent)
    halted.signal.throwIfAborted()
    if (stopping.signal.aborted) return
    logger.info({ from: commit.offset, stored, open: open.length }, 'sink ready')
    flushes.begin()
    reading = readOn().catch(halt)
    unfollow = parts.joint?.follow(goAlong) ?? unfollow
  }

  /** Reads again what is stored already, for the state alone. */
  async function rebuild(first: number, last: number): Promise<void> {
    for (let next = first; next <= last && !stopping.signal.aborted; ) {
      next = await take(next, last)
      clearBatch(filling.batch())
    }
  }

  async function replay([first, last, joint]: Intent): Promise<void> {
    for (let next = first; next <= last; ) {
      next = await take(next, last)
      // Half a range must not be inserted under the token of the whole.
      if (stopping.signal.aborted && next <= last) return
    }
    if (joint !== undefined) await settle(joint)
    startInsert()
    await underWay[0]
    halted.signal.throwIfAborted()
  }

  /**
   * The reader before may have sent the range in a block with points of others, whose readers are to learn from the commit that there is a new one
   * here. Not before something was read, for until then a log may take no commit.
   */
  async function settle(joint: string): Promise<void> {
    await persist(commit)
    await fence(joint)
  }

  async function readOn(): Promise<void> {
    let next = state.applied + 1
    while (!stopping.signal.aborted) {
      const batch = filling.batch()
      await filling.turn(pace.isFarBehind(batch.points.rows, recordsOf(batch)))
      if (stopping.signal.aborted) return
      next = await take(next, Number.POSITIVE_INFINITY)
      insertWhenDue()
      // It goes as it is: nothing is read before it is on its way.
      while (isFull() && underWay.length > 0 && !halted.signal.aborted) await underWay[0]
    }
  }

  /** Applies the next records, at least one, none beyond `last`; returns the offset that follows. */
  async function take(next: number, last: number): Promise<number> {
    const share = Math.max(leastReadBytes, readBytes / sharersOf(settings))
    const read = await partition.read(next, share, stopping.signal)
    const records = read
      .filter((record) => record.offset <= last)
      .map((record) => parseRecord(state, record.offset, record.payload))
    if (records.length === 0) return next
    pace.read(partition.end() - records.at(-1)!.offset - 1)
    // Here and nowhere else, so that no run leaves between being found and being used.
    evictIdle(state, settings.maximumSeries, flushed)
    await keepTrying('load runs', () => ensureRuns(state, store.sinkReader, records))
    let bytes = 0
    for (const record of records) {
      applyRecord(state, filling.batch(), record, observe.frames)
      bytes += record.bytes
      if (bytes < bytesPerTurn) continue
      bytes = 0
      await setImmediate()
    }
    return records.at(-1)!.offset + 1
  }

  function insertWhenDue(): void {
    // Until reading has begun, what is filling may be half of a range that is being replayed.
    const { first, points } = filling.batch()
    if (first < 0 || !reading || halted.signal.aborted || !hasRoom()) return
    const wait = pace.untilDueMs(points.rows, wanted >= first)
    if (wait <= 0 || stopping.signal.aborted) {
      startInsert()
      return
    }
    clearTimeout(timer)
    timer = setTimeout(insertWhenDue, wait)
  }

  /** A block with points of other partitions begins to board: who would insert soon goes along. */
  function goAlong(): void {
    const { first, points } = filling.batch()
    if (underWay.length > 0 || first < 0 || stopping.signal.aborted) return
    if (pace.goesAlong(points.rows)) startInsert()
  }

  const isFull = () => pace.isFull(filling.batch().points.rows)

  /** Whether what is filling may go: beside another block only when it is full, for each block costs the store. */
  const hasRoom = () => underWay.length < (isFull() && sharersOf(settings) === 1 ? blocksAtATime : 1)

  function startInsert(): void {
    clearTimeout(timer)
    underWay.push(insertAfter(underWay.at(-1), filling.depart()))
  }

  async function insertAfter(before: Promise<void> | undefined, batch: Batch): Promise<void> {
    const beganMs = pace.began(batch.points.rows, recordsOf(batch))
    await insertBatch.insert(batch, before).catch(halt)
    await before
    underWay.shift()
    if (halted.signal.aborted) filling.arrived(batch)
    else onInserted(batch, beganMs)
  }

  function onInserted(batch: Batch, beganMs: number): void {
    const wentAlone = goesAlone(batch, settings)
    pace.ended(beganMs, wentAlone)
    stored = batch.last
    newestMs = Math.max(newestMs, batch.newestMs)
    parts.batches.used(batch.points.rows * (wentAlone ? 1 : sharersOf(settings)))
    filling.arrived(batch)
    waiters.wake(stored)
    parts.onProgress?.()
    insertWhenDue()
    flushes.whenDue()
    // The intent of a block that begins now says the same.
    if (parts.announce && commit.stored <= stored) persist(position()).catch(halt)
  }

  /** How far it has come, with the intents that are still open. */
  function position(): Commit {
    const intents = commit.intents.filter(([, last]) => last > stored)
    return { offset: commit.offset, stored: stored + 1, intents, newestMs }
  }

  /** Commits one after the other; the newest state wins. */
  function persist(next: Commit): Promise<void> {
    commit = next
    committing = committing.then(() => keepTrying('commit', () => partition.commit(next)))
    return committing
  }

  async function reached(offset: number, summaries: boolean): Promise<void> {
    wanted = Math.max(wanted, offset)
    const done = arrived(offset)
    insertWhenDue()
    await done
    if (!summaries) return
    // Before that there is nothing to flush.
    await starting
    await flushes.soon(() => flushed < offset)
    if (flushed < offset) throw new Error('the sink has stopped')
  }

  /** Resolves when everything up to `offset` is stored. */
  async function arrived(offset: number): Promise<void> {
    halted.signal.throwIfAborted()
    if (offset > stored) await waiters.wait(offset)
  }

  async function stop(): Promise<void> {
    stopping.abort()
    flushes.end()
    await drain().catch(halt)
    if (!halted.signal.aborted) end(undefined)
    const error = await ended
    if (error && !(error instanceof PartitionLost)) throw error
  }

  async function drain(): Promise<void> {
    await starting?.catch(halt)
    // Stopped while it replayed: the next start replays it all.
    if (!reading) return
    await reading
    insertWhenDue()
    while (underWay.length > 0 && !halted.signal.aborted) await underWay[0]
    await flushes.soon(() => flushed < state.applied)
  }

  /** Ends it at once; the first reason counts. */
  function halt(reason: unknown): void {
    if (halted.signal.aborted) return
    halted.abort(reason)
    stopping.abort()
    quiet(reason as Error)
    void Promise.allSettled([starting, reading, ...underWay, flushes.underWay(), committing]).then(() =>
      end(reason as Error),
    )
  }

  function end(reason: Error | undefined): void {
    quiet(reason ?? new Error('the sink has stopped'))
    unwatch()
    filling.end()
    resolveEnded(reason)
  }

  function quiet(reason: Error): void {
    clearTimeout(timer)
    unfollow()
    flushes.end()
    waiters.reject(reason)
  }

  let resolveEnded: (reason: Error | undefined) => void
  const ended = new Promise<Error | undefined>((resolve) => {
    resolveEnded = resolve
  })
  const unwatch = observe.watch(() => ({
    lag: partition.end() - 1 - stored,
    series: seriesInUse(state.table),
    runs: state.runs.size,
  }))
  return {
    start() {
      starting ??= begin()
      starting.catch(halt)
      return starting
    },
    storedOffset: () => stored,
    flushedOffset: () => flushed,
    endOffset: () => partition.end(),
    newestStoredMs: () => newestMs,
    reached,
    stop,
    abandon: () => halt(new PartitionLost(`partition ${partition.partition} is another reader's now`)),
    ended,
  }
}

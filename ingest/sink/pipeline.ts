import type { Logger } from '../../telemetry/logger.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { Commit, Log } from '../log/log.ts'
import type { BlockInserter } from '../store/insert.ts'
import type { Store } from '../store/store.ts'
import { deadReasons } from './apply.ts'
import { flushState } from './flush.ts'
import { pointsColumns } from './points.ts'
import { deadLetterRows, runRows, type TableRows } from './rows.ts'
import { seriesInUse } from './series-table.ts'
import type { SinkSettings } from './settings.ts'
import {
  applyRecord,
  type Batch,
  clearBatch,
  createBatch,
  createSinkState,
  ensureRuns,
  evictIdle,
  parseRecord,
} from './state.ts'

/** The sink of one partition. */
export type Sink = {
  /** Replays what was under way when the process ended and begins to read. Resolves when the store is whole again. */
  start(): Promise<void>
  /** Offset of the last record whose points are queryable; -1: none. */
  storedOffset(): number
  /** Offset up to which the stored summaries go. */
  flushedOffset(): number
  /** Arrival of the newest frame stored, ms. */
  newestStoredMs(): number
  /** Resolves when everything up to `offset` is stored, its summaries too if asked; makes haste. */
  reached(offset: number, summaries: boolean): Promise<void>
  /** Inserts what was read, stores the summaries, ends. */
  stop(): Promise<void>
}

export type SinkParts = {
  readonly log: Log
  readonly partition: number
  readonly store: Pick<Store, 'sinkReader'> & Pick<BlockInserter, 'insertBlock'>
  readonly metrics: Metrics
  readonly logger: Logger
  readonly settings: SinkSettings
}

const readBytes = 4 * 1024 * 1024
const hurryIntervalMs = 20

/**
 * log -> records -> runs and their series -> a block of points -> the store, each range of offsets exactly once:
 *
 * 1. the range is committed to the log as an intent;
 * 2. dead letters and changed runs are inserted (inserting them again changes nothing);
 * 3. the points are inserted as one block under a token made of the range, which the store takes once.
 *
 * After a crash the same range is read again and inserted under the same token. While one block is inserted the next one
 * fills: at once when idle, in large blocks when busy.
 */
export function createSink(parts: SinkParts): Sink {
  const { log, partition, store, settings, logger } = parts
  const observe = createObserver(parts)
  const state = createSinkState()
  const stopping = new AbortController()
  let filling = createBatch()
  let spare = createBatch()
  let inserting: Promise<void> | undefined
  let lastInsertMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let stored = -1
  let flushed = -1
  let newestMs = 0
  let wanted = -1
  let commit: Commit = { offset: 0, intents: [] }
  let committing: Promise<void> = Promise.resolve()
  let flushing: Promise<void> | undefined
  let lastFlushMs = 0
  let lastFlushTookMs = 0
  let flushTimer: NodeJS.Timeout | undefined
  let reading: Promise<void> | undefined
  let waiters: { offset: number; resolve: () => void }[] = []

  async function start(): Promise<void> {
    commit = await log.committed(partition)
    const open = commit.intents
    stored = (open[0]?.[0] ?? commit.offset) - 1
    flushed = commit.offset - 1
    state.applied = commit.offset - 1
    await rebuild(commit.offset, stored)
    for (const [first, last] of open) await replay(first, last)
    if (stopping.signal.aborted) return
    logger.info({ partition, from: commit.offset, stored, open: open.length }, 'sink ready')
    reading = readOn()
    flushTimer = setInterval(flushWhenDue, 1_000)
  }

  /** Reads again what is stored already, for the state alone. */
  async function rebuild(first: number, last: number): Promise<void> {
    for (let next = first; next <= last && !stopping.signal.aborted; ) {
      next = await take(next, last)
      clearBatch(filling)
    }
  }

  async function replay(first: number, last: number): Promise<void> {
    for (let next = first; next <= last; ) {
      next = await take(next, last)
      // Half a range must not be inserted under the token of the whole.
      if (stopping.signal.aborted && next <= last) return
    }
    startInsert()
    await inserting
  }

  async function readOn(): Promise<void> {
    let next = state.applied + 1
    while (!stopping.signal.aborted) {
      next = await take(next, Number.POSITIVE_INFINITY)
      insertWhenDue()
      while (filling.points.rows >= settings.blockRows && inserting) await inserting
    }
  }

  /** Applies the next records, at least one, none beyond `last`; returns the offset that follows. */
  async function take(next: number, last: number): Promise<number> {
    const read = await log.read(partition, next, readBytes, stopping.signal)
    const records = read
      .filter((record) => record.offset <= last)
      .map((record) => parseRecord(state, record.offset, record.payload))
    if (records.length === 0) return next
    // Here and nowhere else, so that no run leaves between being found and being used.
    evictIdle(state, settings.maximumSeries, flushed)
    await keepTrying('load runs', () => ensureRuns(state, store.sinkReader, records))
    for (const record of records) applyRecord(state, filling, record, observe.frames)
    return records.at(-1)!.offset + 1
  }

  function insertWhenDue(): void {
    // Until reading has begun, what is filling may be half of a range that is being replayed.
    if (inserting || filling.first < 0 || !reading) return
    const interval = wanted >= filling.first ? hurryIntervalMs : settings.insertIntervalMs
    const wait = filling.points.rows >= settings.blockRows / 2 ? 0 : lastInsertMs + interval - performance.now()
    if (wait <= 0 || stopping.signal.aborted) {
      startInsert()
      return
    }
    clearTimeout(timer)
    timer = setTimeout(insertWhenDue, wait)
  }

  function startInsert(): void {
    const batch = filling
    filling = spare
    spare = batch
    clearTimeout(timer)
    lastInsertMs = performance.now()
    inserting = insertBatch(batch).then(() => {
      inserting = undefined
      stored = batch.last
      newestMs = batch.newestMs
      clearBatch(batch)
      wake()
      insertWhenDue()
      flushWhenDue()
    })
  }

  async function insertBatch(batch: Batch): Promise<void> {
    const started = performance.now()
    // Taken before the first wait, in which the next batch changes the runs: rows must not say more than their version.
    const changed = runRows([...batch.changedRuns], batch.last)
    for (const run of batch.changedRuns) run.metadataChanged = false
    await persist({ offset: commit.offset, intents: [[batch.first, batch.last]] })
    if (batch.deadLetters.length > 0) {
      for (const letter of batch.deadLetters) observe.dead[letter.reason].value++
      logger.warn(
        { letters: batch.deadLetters.length, reason: batch.deadLetters[0]!.reason },
        'frames went to the dead letters',
      )
      await insertRows(deadLetterRows(partition, batch.deadLetters))
    }
    // After the letters: behind a run's stored row an update is not looked at again.
    if (changed.rows > 0) await insertRows(changed)
    const { rows } = batch.points
    if (rows === 0) return
    const token = `${log.id}:${partition}:${batch.first}-${batch.last}`
    await keepTrying('insert points', () => store.insertBlock('points', rows, pointsColumns(batch.points), token))
    observe.inserted(rows, (performance.now() - started) / 1000)
  }

  function insertRows(rows: TableRows): Promise<void> {
    return keepTrying(`insert ${rows.table}`, () => store.insertBlock(rows.table, rows.rows, rows.columns))
  }

  /** Commits one after the other; the newest state wins. */
  function persist(next: Commit): Promise<void> {
    commit = next
    committing = committing.then(() => keepTrying('commit', () => log.commit(partition, next)))
    return committing
  }

  function flushWhenDue(): void {
    const interval = Math.max(settings.flushIntervalMs, 10 * lastFlushTookMs)
    if (flushing || flushed >= state.applied || stopping.signal.aborted) return
    if (performance.now() - lastFlushMs >= interval) void flush()
  }

  function flush(): Promise<void> {
    flushing ??= flushOnce().finally(() => {
      flushing = undefined
    })
    return flushing
  }

  async function flushOnce(): Promise<void> {
    const started = performance.now()
    lastFlushMs = started
    const covered = await flushState(state, { insert: insertRows, stored: (offset) => reached(offset, false) })
    await reached(covered, false)
    // An intent below the covered offset is done; one that reaches above it may have to be replayed, so it stays, whole.
    const intents = commit.intents.filter(([, last]) => last > covered)
    const needed = Math.min(covered + 1, ...intents.map(([first]) => first))
    await persist({ offset: Math.max(commit.offset, needed), intents })
    flushed = Math.max(flushed, covered)
    lastFlushTookMs = performance.now() - started
    observe.flushed(lastFlushTookMs / 1000)
  }

  async function reached(offset: number, summaries: boolean): Promise<void> {
    if (offset > stored) {
      wanted = Math.max(wanted, offset)
      const done = new Promise<void>((resolve) => waiters.push({ offset, resolve }))
      insertWhenDue()
      await done
    }
    while (summaries && flushed < offset) await flush()
  }

  function wake(): void {
    const ready = waiters.filter((waiter) => waiter.offset <= stored)
    waiters = waiters.filter((waiter) => waiter.offset > stored)
    for (const waiter of ready) waiter.resolve()
  }

  /** Trouble of the store or the log passes; until then the sink waits, and the log keeps what comes in. */
  async function keepTrying<T>(what: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (stopping.signal.aborted && attempt > 2) throw error
        observe.retries.value++
        logger.error({ err: error, attempt, partition }, `${what} failed; trying again`)
        await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 100 * 2 ** attempt)))
      }
    }
  }

  async function stop(): Promise<void> {
    stopping.abort()
    clearInterval(flushTimer)
    // Stopped while it replayed: the next start replays it all.
    if (!reading) {
      await inserting
      await flushing
      return
    }
    await reading
    insertWhenDue()
    while (inserting) await inserting
    await flush()
    if (flushed < state.applied) await flush()
    clearTimeout(timer)
  }

  observe.gauges(() => ({ stored, applied: state.applied, series: seriesInUse(state.table), runs: state.runs.size }))
  return {
    start,
    storedOffset: () => stored,
    flushedOffset: () => flushed,
    newestStoredMs: () => newestMs,
    reached,
    stop,
  }
}

function createObserver({ metrics, log, partition }: SinkParts) {
  const frames = { stored: 0, duplicate: 0, covered: 0, dead: 0 }
  const observeRows = metrics.size('stepstream_insert_rows', 'Points of one insert.')
  const observeInsert = metrics.duration('stepstream_insert_seconds', 'From a filled block to its points in the store.')
  const points = metrics.counter('stepstream_points_stored_total', 'Points inserted into the store.')
  for (const kind of Object.keys(frames) as (keyof typeof frames)[]) {
    metrics.gauge(
      `stepstream_sink_frames_${kind}`,
      `Frames that the sink found ${kind}, since start.`,
      () => frames[kind],
    )
  }
  return {
    frames,
    dead: metrics.counters(
      'stepstream_dead_letters_total',
      'Frames acknowledged and not storable, by reason.',
      'reason',
      deadReasons,
    ),
    retries: metrics.counter('stepstream_sink_retries_total', 'Steps of the sink that failed and were tried again.'),
    flushed: metrics.duration('stepstream_flush_seconds', 'Time to store the changed summaries.'),
    inserted(rows: number, seconds: number) {
      points.value += rows
      observeRows(rows)
      observeInsert(seconds)
    },
    gauges(read: () => { stored: number; applied: number; series: number; runs: number }) {
      metrics.gauge(
        'stepstream_log_lag_records',
        'Records in the log that are not in the store.',
        () => log.end(partition) - 1 - read().stored,
      )
      metrics.gauge('stepstream_active_series', 'Series whose summary is in memory.', () => read().series)
      metrics.gauge('stepstream_active_runs', 'Runs that are in memory.', () => read().runs)
    },
  }
}

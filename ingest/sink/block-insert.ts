import type { Logger } from '../../telemetry/logger.ts'
import type { Commit } from '../log/log.ts'
import type { Passage } from './joint-inserts.ts'
import { lateRows } from './late-points.ts'
import { createLettersInsert } from './letters-insert.ts'
import type { PointsInsert } from './points-insert.ts'
import { runRows, type TableRows } from './rows.ts'
import { leastRowsAlone, type SinkSettings } from './settings.ts'
import type { SinkParts } from './sink.ts'
import { partitionRows } from './source.ts'
import type { Batch } from './state.ts'
import type { KeepTrying } from './trying.ts'

type BlockInsertParts = {
  readonly parts: SinkParts
  readonly points: PointsInsert
  /** Settles a joint block. */
  fence(joint: string): Promise<void>
  readonly logger: Logger
  readonly keepTrying: KeepTrying
  /** How far the sink has come, with the intents that are still open. */
  position(): Commit
  persist(commit: Commit): Promise<void>
  /** Whether an earlier process may have inserted the same. */
  isReplaying(): boolean
  /** Whether the sink still begins things, and is not to end. */
  begins(): boolean
}

/** How points go into the store, and since when, ms. `turn`: when they may be inserted, if not at once. */
type Way = {
  readonly began: number
  readonly passage: Passage | undefined
  readonly turn: Promise<void> | undefined
}

/** Whether a block is large enough to be inserted by itself, or might keep others waiting for more than the store. */
export function goesAlone({ points, deadLetters }: Batch, settings: SinkSettings): boolean {
  return points.rows >= leastRowsAlone(settings) || deadLetters.length > 0
}

/** How a range of offsets gets into the store, exactly once: what `pipeline.ts` says, step by step. */
export function createBlockInsert({ parts, points, fence, logger, keepTrying, ...sink }: BlockInsertParts) {
  const { partition, store, observe, joint } = parts
  const insertLetters = createLettersInsert(parts, logger, keepTrying)
  let known = false

  /** `before` settles when the block of the range before is stored, if that is still on its way. */
  async function insert(batch: Batch, before: Promise<void> | undefined): Promise<void> {
    const began = performance.now()
    // Taken before the first wait, in which the next batch changes the runs: rows must not say more than their version.
    const changed = runRows([...batch.changedRuns], batch.last)
    const late = lateRows(batch.points.late, batch.last)
    for (const run of batch.changedRuns) run.metadataChanged = false
    const { rows } = batch.points
    // What is replayed may be stored already, a sink that is to end waits for nobody, and others need not wait for the block before.
    const hasToGoAlone = sink.isReplaying() || !sink.begins() || before !== undefined
    const alone = rows === 0 || hasToGoAlone || goesAlone(batch, parts.settings)
    const passage = alone ? undefined : joint?.board(rows)
    try {
      const { intents, ...rest } = sink.position()
      const earlier = intents.filter(([, last]) => last < batch.first)
      const later = intents.filter(([first]) => first > batch.last)
      const intent = passage
        ? ([batch.first, batch.last, passage.joint] as const)
        : ([batch.first, batch.last] as const)
      await sink.persist({ ...rest, intents: [...earlier, intent, ...later] })
      const told = tell(batch, before)
      // Whoever sees the points must find that they are late: tiles may be without them.
      const turn = told.then(() => (late.rows > 0 ? insertLate(late, batch) : undefined))
      // While the block before is on its way, the points are brought to where they wait for their turn.
      const mayGo = before ? Promise.resolve() : turn
      const all = await Promise.allSettled([
        turn,
        // After the letters: behind a run's stored row an update is not looked at again. The points need not wait for it.
        told.then(() => (changed.rows > 0 ? insertRows(changed) : undefined)),
        mayGo.then(() => (rows > 0 ? insertPoints(batch, { began, passage, turn: before && turn }) : undefined)),
      ])
      for (const one of all) if (one.status === 'rejected') throw one.reason
    } finally {
      passage?.leave()
    }
  }

  /** What is to be in the store before anything else of the batch, and after all of the one before. */
  async function tell({ deadLetters }: Batch, before: Promise<void> | undefined): Promise<void> {
    await before
    if (!known) await insertRows(partitionRows(partition))
    known = true
    if (deadLetters.length > 0) await insertLetters(deadLetters)
  }

  async function insertPoints({ points: batch, first, last }: Batch, { began, passage, turn }: Way): Promise<void> {
    const passenger = {
      ...{ points: batch, partition, leaves: () => !sink.begins() },
      prove: () => sink.persist(sink.position()),
    }
    const outcome = passage ? await passage.insert(passenger) : 'unsent'
    if (outcome === 'stored') return
    if (outcome === 'unknown') await fence(passage!.joint)
    const token = `${partition.log}:${partition.partition}:${first}-${last}`
    await points.insert(batch, token, outcome === 'unknown' || sink.isReplaying(), turn)
    observe.inserted(batch.rows, (performance.now() - began) / 1000)
  }

  function insertLate(rows: TableRows, { points: { late } }: Batch): Promise<void> {
    const written = parts.lateWrites?.begin(late.values())
    return insertRows(rows).finally(written)
  }

  function insertRows(rows: TableRows): Promise<void> {
    return keepTrying(`insert ${rows.table}`, () => store.insertBlock(rows.table, rows.rows, rows.columns))
  }

  return {
    insert,
    /** Whether the store was told of the partition before. */
    partitionIsKnown(is: boolean) {
      known = is
    },
  }
}

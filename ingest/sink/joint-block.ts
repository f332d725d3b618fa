import { setTimeout as sleep } from 'node:timers/promises'
import { atMost } from '../../schema/at-most.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { LogPartition } from '../log/log.ts'
import type { ColumnsPool } from './columns-pool.ts'
import { jointToken } from './fence.ts'
import type { SinkObserver } from './observer.ts'
import type { PointsBatch } from './points.ts'
import { createPointsSending, type PointsSending } from './points-sending.ts'
import type { SinkStore } from './sink-store.ts'
import { sortPoints } from './sorted-points.ts'
import { retryPauseMs } from './trying.ts'

/**
 * What became of points that went into a joint block: they are stored; they were not sent; or nobody knows, and the block must be settled
 * (`fence.ts`) before anything else is done with them.
 */
export type Outcome = 'stored' | 'unsent' | 'unknown'

/** Points of one partition that go into a joint block. */
export type Passenger = {
  readonly points: PointsBatch
  readonly partition: LogPartition
  /** Whether it begins nothing any more, or is to end, and so has no time to wait for others. */
  leaves(): boolean
  /** Resolves when the log has taken a commit that was begun now, so that until now nobody else has had the partition. */
  prove(): Promise<void>
}

/** A passenger that has come, and how it hears what became of its points. */
type Aboard = Passenger & { tell(outcome: Outcome): void; fail(error: unknown): void; readonly left: Promise<void> }

/** A block that boards or is on its way. */
export type Joint = {
  readonly name: string
  readonly passengers: Aboard[]
  rows: number
  /** Those that have a place and have not come. */
  missing: number
  /** Its points go by themselves. */
  broken: boolean
}

/** Of the process. */
export type JointBlockParts = {
  readonly store: SinkStore
  readonly columns: ColumnsPool
  readonly observe: SinkObserver
  readonly logger: Logger
}

/** So long all wait for one that cannot go on, whatever it waits for. */
export const patienceMs = 2_000
const pollMs = 10

/** Resolves when the points are stored, or have had a while for it: meanwhile others board the next block. */
export async function carry(parts: JointBlockParts, joint: Joint): Promise<void> {
  const { passengers } = joint
  try {
    const outcome = await insertTogether(parts, joint)
    for (const { tell } of passengers) tell(outcome)
  } catch (error) {
    for (const { fail } of passengers) fail(error)
  }
  await atMost(Promise.all(passengers.map(({ left }) => left)), patienceMs)
}

async function insertTogether(parts: JointBlockParts, joint: Joint): Promise<Outcome> {
  const { passengers } = joint
  if (passengers.length < 2 || joint.broken) return 'unsent'
  const { columns: pool, store, observe } = parts
  const began = performance.now()
  const columns = await pool.take()
  const sending = createPointsSending(store, columns, false)
  try {
    sortPoints(
      passengers.map(({ points }) => points),
      columns,
    )
    const sent = await keepSending(parts, joint, sending)
    if (sent !== 'stored') return sent
  } finally {
    sending.afterwards(() => pool.giveBack(columns))
  }
  const proofs = Promise.all(passengers.map(({ prove }) => prove()))
  if (!(await atMost(proofs, patienceMs).catch(() => false))) return 'unknown'
  observe.inserted(joint.rows, (performance.now() - began) / 1000)
  return 'stored'
}

/** Sends until that succeeds or a partition of the block is to go on by itself. */
async function keepSending(
  { logger, observe }: Pick<JointBlockParts, 'logger' | 'observe'>,
  joint: Joint,
  { send }: PointsSending,
): Promise<Outcome> {
  const token = jointToken(joint.passengers[0]!.partition.log, joint.name)
  const isHeld = () => joint.passengers.every(({ partition }) => partition.held())
  const somebodyLeaves = () => joint.passengers.some((passenger) => passenger.leaves())
  for (let attempt = 0; ; attempt++) {
    const patientUntil = performance.now() + patienceMs
    while (!isHeld() && !somebodyLeaves() && performance.now() < patientUntil) await sleep(pollMs)
    if (somebodyLeaves() || !isHeld()) return attempt === 0 ? 'unsent' : 'unknown'
    try {
      const sent = await send(token, () => {
        if (!isHeld()) throw new Error('nobody knows whose the partitions are')
      })
      // A new reader settles the block under this token and no other.
      return sent === 'stored' ? 'stored' : 'unknown'
    } catch (error) {
      observe.retries.value++
      logger.error({ err: error, attempt, joint: joint.name }, 'insert joint points failed; trying again')
      const until = performance.now() + retryPauseMs(attempt)
      while (performance.now() < until && !somebodyLeaves()) await sleep(pollMs)
    }
  }
}

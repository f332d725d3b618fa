import { pointsCountSql } from '../schema/fence.ts'
import { type DatasetSpec, makeDataset } from './dataset.ts'
import { openStoppedStore, type Store } from './store.ts'
import { type Verification, verify } from './verification.ts'

export type VerifyJob = {
  readonly dataDirectory: string
  readonly datasets: readonly DatasetSpec[]
  /** Points the whole table must hold, where nothing else was ever written to it. */
  readonly totalPoints: number | undefined
}

export type VerifyAnswer = {
  readonly verifications: readonly Verification[]
  readonly storedExactly: boolean
  readonly totalPoints: number
  readonly totalPointsExpected: number | undefined
  /** Of its active parts, merged as far as they are. */
  readonly pointsTableBytes: number
  /** When everything is merged: the points, and all tables together. */
  readonly merged: { readonly pointsTableBytes: number; readonly storeBytes: number }
  readonly engine: string
}

type Totals = { total: string; bytes: string; engine: string }
type Bytes = { points: string; all: string }

/** Of the tables that hold what was sent, by the engine's own account of their parts. */
async function mergedBytes(store: Store): Promise<VerifyAnswer['merged']> {
  const tables = await store.reader.rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'",
  )
  for (const { name } of tables) await store.command(`OPTIMIZE TABLE ${name} FINAL`)
  const [bytes] = await store.reader.rows<Bytes>(`
    SELECT toString(sumIf(bytes_on_disk, table = 'points')) AS points, toString(sum(bytes_on_disk)) AS all
    FROM system.parts WHERE database = currentDatabase() AND active`)
  return { pointsTableBytes: Number(bytes?.points), storeBytes: Number(bytes?.all) }
}

/** Opens the stopped server's store in a process of its own and compares it with what the seed gives. */
process.once('message', async (job: VerifyJob) => {
  const store = await openStoppedStore(job.dataDirectory)
  const verifications: Verification[] = []
  for (const spec of job.datasets) verifications.push(await verify(store.reader, makeDataset(spec)))
  const [totals] = await store.reader.rows<Totals>(`
    SELECT toString(${pointsCountSql}) AS total, version() AS engine,
      toString((SELECT sum(bytes_on_disk) FROM system.parts WHERE table = 'points' AND active)) AS bytes`)
  const merged = await mergedBytes(store)
  await store.close()
  const totalPoints = Number(totals?.total)
  const storedExactly =
    verifications.every((one) => one.storedExactly) && (job.totalPoints ?? totalPoints) === totalPoints
  const answer: VerifyAnswer = {
    verifications,
    storedExactly,
    totalPoints,
    totalPointsExpected: job.totalPoints,
    pointsTableBytes: Number(totals?.bytes),
    merged,
    engine: totals?.engine ?? 'unknown',
  }
  process.send?.(answer, () => process.disconnect())
})

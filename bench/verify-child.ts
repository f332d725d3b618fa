import { type DatasetSpec, makeDataset } from './dataset.ts'
import { openStoppedStore } from './store.ts'
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
  readonly engine: string
}

type Totals = { total: string; bytes: string; engine: string }

/** Opens the stopped server's store in a process of its own and compares it with what the seed gives. */
process.once('message', async (job: VerifyJob) => {
  const store = await openStoppedStore(job.dataDirectory)
  const verifications: Verification[] = []
  for (const spec of job.datasets) verifications.push(await verify(store.reader, makeDataset(spec)))
  const [totals] = await store.reader.rows<Totals>(`
    SELECT toString((SELECT count() FROM points)) AS total, version() AS engine,
      toString((SELECT sum(bytes_on_disk) FROM system.parts WHERE table = 'points' AND active)) AS bytes`)
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
    engine: totals?.engine ?? 'unknown',
  }
  process.send?.(answer, () => process.disconnect())
})

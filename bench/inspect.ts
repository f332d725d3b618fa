/** What the store of a stopped system tells, and what it can take by itself. */
import { join } from 'node:path'
import { askChild } from './children.ts'
import { makeDataset } from './dataset.ts'
import type { Sent } from './measure.ts'
import type { IngestOptions } from './options.ts'
import type { Progress } from './progress.ts'
import type { RawResult } from './raw.ts'
import type { RawAnswer, RawJob } from './raw-child.ts'
import { directoryBytes } from './system.ts'
import { type Place, storeDirectory } from './target.ts'
import type { VerifyAnswer, VerifyJob } from './verify-child.ts'

export type Inspected = {
  readonly verification: VerifyAnswer
  readonly raw: readonly RawResult[]
  readonly bytesOnDisk: { readonly store: number; readonly log: number }
}

/** Nothing else was ever written to a fresh place. */
export type FreshPlace = Place & { readonly fresh: boolean }

/** Only once the system has stopped: its store belongs to one process at a time. */
export async function inspect(
  place: FreshPlace,
  { datasets, probes }: Sent,
  options: IngestOptions,
  progress: Progress,
): Promise<Inspected> {
  const dataDirectory = storeDirectory(place, options.log)
  const store = directoryBytes(join(dataDirectory, 'store'))
  const bytesOnDisk = { store, log: directoryBytes(place.data) - store }
  progress.step('verifying every stored point')
  const sent = datasets.reduce((sum, spec) => sum + makeDataset(spec).points, probes)
  const verifyJob = { dataDirectory, datasets, totalPoints: place.fresh ? sent : undefined }
  const verification = await askChild<VerifyJob, VerifyAnswer>('verify-child.js', verifyJob)
  progress.step('raw inserts')
  const rawJob = { dataDirectory, shape: options.shape, seed: options.seed, blocks: options.rawBlocks }
  const raw = await askChild<RawJob, RawAnswer>('raw-child.js', rawJob)
  return { verification, raw: raw.results, bytesOnDisk }
}

/** What others make of the same points. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onExit } from './cleanup.ts'
import { framesFor } from './dataset.ts'
import type { IngestOptions } from './options.ts'
import { PeerUnavailable } from './peers/cache.ts'
import { measurePeer, type PeerResult } from './peers/peers.ts'
import type { Progress } from './progress.ts'

/** What was measured, or why it could not be installed here. */
export type PeerOutcome = PeerResult | { readonly unavailable: string }

/** Each peer with the points of the full phase, by its name. */
export async function measurePeers(options: IngestOptions, progress: Progress): Promise<Record<string, PeerOutcome>> {
  const { shape, seed, runs, points } = options
  const spec = { shape, seed, project: 'peers', runs, frames: framesFor(shape, points) }
  const outcomes: Record<string, PeerOutcome> = {}
  for (const name of options.peers) {
    progress.step(`the same points into ${name}`)
    const workDirectory = mkdtempSync(join(tmpdir(), 'stepstream-peers-'))
    const remove = onExit(() => rmSync(workDirectory, { recursive: true, force: true, maxRetries: 5 }))
    try {
      outcomes[name] = await measurePeer(name, spec, { workDirectory, progress: progress.update })
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error
      outcomes[name] = { unavailable: error.message }
    } finally {
      remove()
    }
  }
  return outcomes
}

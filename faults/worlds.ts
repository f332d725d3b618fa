import type { Settings } from '../test/harness.ts'
import { createEmbeddedWorld } from './embedded-world.ts'
import { UsageError } from './failures.ts'
import type { World } from './world.ts'

/** Starts a deployment whose data is under `directory`. */
export async function createWorld(log: 'embedded' | 'kafka', directory: string, settings: Settings): Promise<World> {
  if (log === 'embedded') return await createEmbeddedWorld({ directory, settings })
  throw new UsageError('--log kafka is not built yet')
}

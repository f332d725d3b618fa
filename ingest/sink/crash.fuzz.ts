/**
 * Exactly once, as a model: sinks are killed at a random call to the log or the store, one after the other, while frames keep
 * coming in. At the end the store must hold what a plain reading of the whole log gives. A seed replays all of it, timers included.
 * `node dist/ingest/sink/crash.fuzz.js WORLDS SEED PARTITIONS`; all are optional.
 */
import { limits } from '../../schema/limits.ts'
import { createRandom, pick } from '../../test/random.ts'
import type { Mix } from './frames.fixture.ts'
import { inVirtualTime } from './virtual-time.fixture.ts'
import { crashInMemory } from './world.fixture.ts'

/** So small that a short run meets them. */
export const smallLimits = { metricsPerRun: 40, sequenceGapsPerWriter: 3, writersPerRun: 4, entriesPerRun: 30 }

export const mixes: readonly (readonly [name: string, mix: Mix, limits?: object])[] = [
  ['many runs', { runs: 30, manyEntries: false, unreadable: 0.01 }],
  ['few busy runs', { runs: 3, manyEntries: false, unreadable: 0.01 }],
  ['records that are mostly unreadable', { runs: 8, manyEntries: false, unreadable: 0.8 }],
  ['runs that meet their limit of entries', { runs: 4, manyEntries: true, unreadable: 0 }, { entriesPerRun: 6 }],
]

/** Partitions of the logs: with several, their points share blocks. */
export const logs = [1, 3]

export const livesPerWorld = 30

/** What a turn of the event loop takes: with long ones timers come often, with short ones much happens between two. */
const turnsMs = [0.02, 0.2, 2]

/** @throws AssertionError when the store does not hold what the log says, or a sink did what it must not */
export async function crashWorld(mixIndex: number, seed: number, partitions = 1): Promise<void> {
  const [, mix, special] = mixes[mixIndex]!
  const before = { ...limits }
  Object.assign(limits, smallLimits, special)
  const random = createRandom(seed)
  try {
    await inVirtualTime(pick(random, turnsMs), () => crashInMemory(random, mix, livesPerWorld, partitions))
  } finally {
    Object.assign(limits, before)
  }
}

async function fuzz(worlds: number, seed: number, logs: readonly number[]): Promise<void> {
  for (let n = 0; n < worlds; n++) {
    for (const [mix, [name]] of mixes.entries()) {
      for (const partitions of logs) {
        await crashWorld(mix, seed + n, partitions).catch((error: Error) => {
          process.exitCode = 1
          console.log(`mix ${mix} (${name}), ${partitions} partitions, seed ${seed + n}: ${error.stack}`)
        })
      }
    }
  }
}

if (process.argv[1] === import.meta.filename) {
  const [worlds = 100, seed = Math.floor(Math.random() * 2 ** 31), ...partitions] = process.argv.slice(2).map(Number)
  const chosen = partitions.length > 0 ? partitions : logs
  console.log(
    `${worlds} worlds of each of ${mixes.length} kinds, with ${chosen.join(' and ')} partitions, seed ${seed}`,
  )
  await fuzz(worlds, seed, chosen)
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { limits } from '../../schema/limits.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { chosenSeed, createRandom } from '../../test/random.ts'
import { openStore } from '../store/store.ts'
import { contentsOfStore } from './contents.fixture.ts'
import { livesPerWorld, logs, mixes, smallLimits } from './crash.fuzz.ts'
import { startWorldsThread } from './crash-thread.fixture.ts'
import { assertSame } from './same.fixture.ts'
import { contentsOfWorld, createWorldLog, liveThrough, type World } from './world.fixture.ts'

/* `crash.fuzz.ts` says what this is. CRASHES=… for more, SEED=… for the same; with the real store and its time, the moments of the kills shift a little. */
const seed = chosenSeed()
const crashes = Number(process.env.CRASHES ?? 480)
const realCrashes = Number(process.env.REAL_CRASHES ?? 12)

// Small limits, so that a short run meets them; each test file is a process of its own.
Object.assign(limits, smallLimits)

const thread = startWorldsThread()
after(() => thread.end())

for (const partitions of logs) {
  for (const [mix, [name]] of mixes.entries()) {
    // A world of several partitions takes several times as long.
    const worlds = Math.ceil(crashes / livesPerWorld / mixes.length / (partitions === 1 ? 1 : 2))
    for (let n = 0; n < worlds; n++) {
      test(`${name}, ${partitions} partitions: through ${livesPerWorld} crashes (world ${n}) the store comes to hold what the log says`, () =>
        thread.crash(mix, seed + n, partitions))
    }
  }

  test(`${partitions} partitions: through ${realCrashes} crashes the real store comes to hold what the log says`, () =>
    crashRealStore(partitions))
}

async function crashRealStore(partitions: number): Promise<void> {
  const random = createRandom(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'stepstream-crash-'))
  const limitsOfReads = { readSessions: 1, queryTimeoutMs: 20_000, queryMemoryBytes: 2e9 }
  const store = await openStore({ dataDir, ...limitsOfReads, logger: createLogger('silent') })
  try {
    const world: World = {
      random,
      ...createWorldLog(random, { runs: 10, manyEntries: false, unreadable: 0.01 }, partitions),
      store: {
        sinkReader: store.sinkReader,
        insertBlock: (table, rows, columns, token) => store.insertBlock(table, rows, columns, token),
      },
      faults: [],
      zombies: [],
      forgetTokens() {},
      stakes: [],
      forgets: { soon: 0, late: 0 },
      history: [],
      lives: 0,
    }
    await liveThrough(world, realCrashes)
    assertSame(await contentsOfStore(store.reader), contentsOfWorld(world))
  } finally {
    await store.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

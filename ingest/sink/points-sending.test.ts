/** Blocks of points on their way into a store that is killed. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { chosenSeed, createRandom } from '../../test/random.ts'
import { openRemote, type StoreProcess, startStoreProcess } from '../store/server.fixture.ts'
import type { Store } from '../store/store.ts'
import { pointLines, storedPoints } from './contents.fixture.ts'
import { createInsert, randomBatch } from './points-insert.fixture.ts'

const random = createRandom(chosenSeed())
const logged: string[] = []

let directory: string
let server: StoreProcess
let store: Store

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepstream-sending-'))
  server = await startStoreProcess(directory)
  store = await openRemote(server.url)
})
after(async () => {
  await store.close()
  await server.stop()
  await rm(directory, { recursive: true, force: true })
})

/** Where its client finds it again. */
async function restart(): Promise<void> {
  server = await startStoreProcess(directory, { PORT: String(server.port) })
}

function nextBatch() {
  const runs = Array.from({ length: 5 }, (_, i) => 2n ** 63n + BigInt(logged.length + i))
  const { batch, lines } = randomBatch(random, runs, random() < 0.5)
  logged.push(...lines)
  return batch
}

const assertStored = async () => assert.deepEqual(pointLines(await storedPoints(store.sinkReader)), logged.sort())

/** Where the parts of `points` are: the newest. */
async function newestPart(): Promise<string> {
  const [row] = await store.sinkReader.rows<{ path: string }>(
    `SELECT path FROM system.parts WHERE table = 'points' AND active ORDER BY max_block_number DESC LIMIT 1`,
  )
  return row!.path
}

test('a block whose token is in the store and whose part is not is stored when it is sent again, under any number of such tokens', async () => {
  await createInsert(store)(nextBatch(), 'first', false)
  const batch = nextBatch()
  for (let spent = 0; spent < 3; spent++) {
    await createInsert(store)(batch, 'second', spent > 0)
    await assertStored()
    const part = await newestPart()
    await server.stop('SIGKILL')
    // As if it had been killed when it had written the token down, and not yet given the part its name.
    assert.ok((await readdir(part)).includes('columns.txt'))
    await rm(part, { recursive: true })
    await restart()
  }
  for (let again = 0; again < 2; again++) {
    await createInsert(store)(batch, 'second', true)
    await assertStored()
  }
})

test('wherever in an insert the store is killed, the block is there once after it was sent again', async () => {
  for (let block = 0; block < 4; block++) {
    const inserting = createInsert(store)(nextBatch(), `block ${block}`, false)
    await sleep(random() * 30)
    await server.stop('SIGKILL')
    await restart()
    await inserting
    await assertStored()
  }
})

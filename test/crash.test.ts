/** Ends of the server under load: kill -9 and SIGTERM at random moments. SEED=… replays a run's choices. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch, type Settings, startServer, withDataDir } from './harness.ts'
import { chosenSeed, createRandom, pick, type Random, whole } from './random.ts'
import { readPoints } from './read-back.ts'
import { verify } from './verify.ts'
import { postJson } from './wire.ts'
import { createWriter, type Writer, type WriterOptions } from './writers.ts'

const project = 'crash'
const MiB = 1024 * 1024

function createWriters(random: Random): Writer[] {
  const common = { project, framesInFlight: 40, pauseMs: 3, stepsPerFrame: 5 }
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
  const options: Omit<WriterOptions, 'random'>[] = [
    // Two writers of one run, one of many short steps, one of few and large frames that make the log roll over.
    { ...common, run: 'shared', name: 'left', metrics: names('left', 3) },
    { ...common, run: 'shared', name: 'right', metrics: names('right', 2) },
    { ...common, run: 'sparse', name: 'sparse', metrics: names('m', 60), stepsPerFrame: 1, pauseMs: 10 },
    { ...common, run: 'wordy', name: 'wordy', metrics: names('w'.repeat(500), 60), stepsPerFrame: 1, pauseMs: 20 },
  ]
  return options.map((one) => createWriter({ ...one, random: createRandom(Math.floor(random() * 2 ** 32)) }))
}

/** From "every moment is an insert or a flush" to the defaults. */
function randomSettings(random: Random): Settings {
  return {
    INSERT_INTERVAL_MS: pick(random, [1, 50, 500]),
    FLUSH_INTERVAL_MS: pick(random, [100, 1000, 10_000]),
    BLOCK_ROWS: pick(random, [1000, 1_000_000]),
    LOG_MAX_BYTES: pick(random, [16 * MiB, 16 * MiB, 8192 * MiB]),
  }
}

test('killed again and again under load, it loses nothing that was acknowledged and stores nothing twice', async () => {
  const seed = chosenSeed()
  const random = createRandom(seed)
  const rounds = Number(process.env.ROUNDS ?? 8)
  const writers = createWriters(random)
  await withDataDir(async (dataDir) => {
    for (let round = 0; round < rounds; round++) {
      const settings = randomSettings(random)
      const context = `seed ${seed}, round ${round}, ${JSON.stringify(settings)}`
      if (random() < 0.4) await killWhileStarting(dataDir, settings, whole(random, 100, 900))
      const server = await startServer(dataDir, settings)
      try {
        const before = await verify(server, writers, `${context}, after the restart`)
        const working = writers.map((writer) => writer.work(server))
        await sleep(whole(random, 100, 3000))
        await server.kill()
        await Promise.all(working)
        console.log(`round ${round}: ${before.points} points were there, ${before.acked} of them acknowledged`)
      } finally {
        await server.kill()
      }
    }
    for (const writer of writers) writer.stop()
    const server = await startServer(dataDir)
    try {
      // What was never acknowledged is sent once more; then everything that was ever sent is there.
      await Promise.all(writers.map((writer) => writer.work(server)))
      for (const writer of writers) {
        assert.deepEqual([writer.lost, [...writer.refusals]], [undefined, []], `seed ${seed}`)
        assert.ok(writer.sent.every((frame) => frame.acked))
      }
      const { points, acked } = await verify(server, writers, `seed ${seed}, at the end`)
      assert.equal(points, acked)
      assert.ok(points > 1000 * rounds, `${points} points are too few to mean something`)
      console.log(`${points} points through ${rounds} kills`)
    } finally {
      await server.kill()
    }
  })
})

test('killed between insert and checkpoint, it does not insert the same range twice', async () => {
  await withDataDir(async (dataDir) => {
    for (let step = 0; step < 4; step++) {
      const server = await startServer(dataDir, { FLUSH_INTERVAL_MS: 600_000 })
      try {
        const { at } = await postJson(server, { project, run: 'idle', log: [{ step, metrics: { a: step } }] })
        const points = await readPoints(server, { project, run: 'idle', metrics: ['a'], at })
        assert.deepEqual(
          points.get('a'),
          Array.from({ length: step + 1 }, (_, i) => [i, i]),
        )
      } finally {
        await server.kill()
      }
    }
  })
})

test('asked to stop under load, it closes the streams clearly and keeps every acknowledged frame', async () => {
  const seed = chosenSeed()
  const random = createRandom(seed)
  const writers = createWriters(random)
  await withDataDir(async (dataDir) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
      const server = await startServer(dataDir, randomSettings(random))
      try {
        await verify(server, writers, `seed ${seed}, before ${signal}`)
        const posts = postWhileUp(server)
        const working = writers.map((writer) => writer.work(server))
        await sleep(whole(random, 200, 1200))
        const exit = await server.stop(signal)
        await Promise.all(working)
        assert.deepEqual(exit, { code: 0, signal: null }, server.output().slice(-2000))
        for (const writer of writers) {
          assert.equal(writer.lost, '1001 shutting_down', `seed ${seed}`)
          for (const code of writer.refusals.keys()) assert.equal(code, 'shutting_down')
        }
        await posts
      } finally {
        await server.kill()
      }
    }
    const server = await startServer(dataDir)
    try {
      await verify(server, writers, `seed ${seed}, at the end`)
    } finally {
      await server.kill()
    }
  })
})

/** Starting is replaying: a kill in the middle of it must not matter either. */
async function killWhileStarting(dataDir: string, settings: Settings, afterMs: number): Promise<void> {
  const { child, exited, output } = launch(dataDir, settings)
  await sleep(afterMs)
  assert.equal(child.exitCode, null, output())
  child.kill('SIGKILL')
  await exited
}

/** HTTP clients get an answer with a name, or no connection. */
async function postWhileUp(server: Parameters<typeof postJson>[0]): Promise<void> {
  for (let step = 0; ; step++) {
    try {
      const answer = await postJson(server, { project, run: 'http', log: [{ step, metrics: { a: step } }] })
      if (answer.status !== 200) assert.deepEqual([answer.status, answer.error?.code], [503, 'shutting_down'])
    } catch (error) {
      assert.match((error as Error).message, /^no answer from/)
      return
    }
  }
}

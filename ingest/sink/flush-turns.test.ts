import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFlushTurns, type FlushTurns } from './flush-turns.ts'
import { createPace } from './pace.ts'
import { inVirtualTime } from './virtual-time.fixture.ts'

/** A large piece that takes so long; resolves with when it began, ms. */
async function storePiece(turns: FlushTurns, tookMs: number, restMs?: number): Promise<number> {
  const turn = await turns.take(createPace(), true, restMs)
  const beganMs = performance.now()
  await sleep(tookMs)
  turn.done(tookMs)
  return beganMs
}

for (const partitions of [1, 4, 16]) {
  test(`large pieces of ${partitions} partitions take a tenth of the time together, and each gets its part`, async () => {
    const [tookMs, endMs] = [50, 80_000]
    const pieces = new Array<number>(partitions).fill(0)
    await inVirtualTime(1, async () => {
      const turns = createFlushTurns()
      const flushes = pieces.map(async (_, partition) => {
        while (performance.now() < endMs) {
          await storePiece(turns, tookMs)
          pieces[partition]!++
        }
      })
      await Promise.all(flushes)
    })
    const sum = pieces.reduce((all, one) => all + one, 0)
    const share = (sum * tookMs) / endMs
    // Those under way at the end are counted as well, and the first four found nobody to learn from.
    assert.ok(share > 0.095 && share < 0.1 + ((partitions + 4) * tookMs) / endMs, `${share}`)
    assert.ok(Math.max(...pieces) <= Math.min(...pieces) * 1.25, pieces.join())
  })
}

test('a piece of few series waits for no time, and one that somebody waits for no longer', async () => {
  await inVirtualTime(1, async () => {
    const turns = createFlushTurns()
    await storePiece(turns, 1_000)
    const beganMs = performance.now()
    const few = await turns.take(createPace(), false)
    few.done(1_000)
    assert.equal(performance.now(), beganMs)
    const pace = createPace()
    const wanted = turns.take(pace, true)
    await sleep(100)
    pace.hurry()
    const turn = await wanted
    assert.ok(performance.now() - beganMs <= 101, `${performance.now() - beganMs} ms`)
    turn.done(1_000)
    // The work that nobody asked for rests for that as well.
    const next = await storePiece(turns, 1)
    assert.ok(next - beganMs >= 19_000 && next - beganMs <= 20_100, `${next - beganMs} ms`)
  })
})

test('where the store is slow nobody waits for the others for more than a minute', async () => {
  await inVirtualTime(10, async () => {
    const turns = createFlushTurns()
    await storePiece(turns, 30_000)
    const endedMs = performance.now()
    const beganMs = await storePiece(turns, 1)
    assert.ok(beganMs - endedMs > 59_000 && beganMs - endedMs <= 60_010, `${beganMs - endedMs} ms`)
    const waits = Array.from({ length: 8 }, async () => {
      const sinceMs = performance.now()
      return (await storePiece(turns, 5_000)) - sinceMs
    })
    // Four have memory at a time.
    for (const waitMs of await Promise.all(waits)) assert.ok(waitMs <= 60_000 + 5_100, `${waitMs} ms`)
  })
})

test('a partition rests for its own pieces as long as they ask, and then for those of others', async () => {
  await inVirtualTime(10, async () => {
    const turns = createFlushTurns()
    await storePiece(turns, 30_000)
    const sinceMs = performance.now()
    const [own, other] = await Promise.all([storePiece(turns, 30_000, 270_000), storePiece(turns, 1)])
    assert.ok(other - sinceMs > 59_000 && other - sinceMs <= 60_010, `${other - sinceMs} ms`)
    assert.ok(own - sinceMs >= 270_000 && own - sinceMs <= 270_010, `${own - sinceMs} ms`)
    const pace = createPace()
    const few = turns.take(pace, false, 1_000)
    const askedMs = performance.now()
    await few
    assert.ok(performance.now() - askedMs >= 1_000 && performance.now() - askedMs <= 1_010)
  })
})

test('four pieces have memory at a time; one that failed leaves its own, which may still be read', async () => {
  const turns = createFlushTurns()
  const take = () => turns.take(createPace(), false)
  const four = await Promise.all([take(), take(), take(), take()])
  assert.equal(new Set(four.map(({ memory }) => memory)).size, 4)
  let waits = true
  const fifth = take().then((turn) => {
    waits = false
    return turn
  })
  await sleep(5)
  assert.ok(waits)
  four[0]!.failed()
  const afterFailure = await fifth
  assert.ok(!four.some(({ memory }) => memory === afterFailure.memory))
  four[1]!.done(1)
  assert.equal((await take()).memory, four[1]!.memory)
})

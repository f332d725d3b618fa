import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '../../telemetry/logger.ts'
import { Metrics } from '../../telemetry/metrics.ts'
import { type Random, whole } from '../../test/random.ts'
import type { LogPartition } from '../log/log.ts'
import { expandBlock, randomBlock } from './blocks.fixture.ts'
import { createSinkObserver } from './observer.ts'
import { appendPoints, createPointsBatch } from './points.ts'
import { createPointsInsert } from './points-insert.ts'
import { createSharedParts } from './shared-parts.ts'
import { pointLine } from './sink.oracle.ts'
import type { SinkParts } from './sink.ts'
import { createSinkSet } from './sink-set.ts'
import type { KeepTrying } from './trying.ts'

const receivedMs = 1_000_000

/** Frames of some runs, with one step each or several, and their points as lines: brute force. Only those of runs that `keep` names. */
export function randomBatch(random: Random, runs: readonly bigint[], single: boolean, keep = runs) {
  const batch = createPointsBatch()
  const lines: string[] = []
  const set = createSinkSet(['1', '2', '3'], BigUint64Array.of(1n, 2n, 3n))
  const owners = runs.map((key) => ({ key, filling: 0, numberInFilling: 0 }))
  for (let offset = 0; offset < 40; offset++) {
    const owner = owners[offset % owners.length]!
    const count = single ? 1 : whole(random, 1, 4)
    const block = randomBlock(random, { set, count, firstStep: whole(random, -50, 50), timeMs: receivedMs })
    if (!keep.includes(owner.key)) continue
    appendPoints(batch, owner, set, block, receivedMs, offset)
    for (const { metric, step, time = BigInt(receivedMs), bits } of expandBlock(block))
      lines.push(pointLine(owner.key, BigInt(metric), step, time, bits, BigInt(offset * 65_536)))
  }
  return { batch, lines: lines.sort() }
}

const isTrouble = (error: unknown) => /away|reach|without its block/.test((error as Error).message)

/** Tries again for as long as the store is away, or has been in the wrong moment. */
export function createInsert(store: SinkParts['store']) {
  const partition = { log: 'log', partition: 0, held: () => true } as LogPartition
  const observe = createSinkObserver(new Metrics())
  const logger = createLogger('silent')
  const parts: SinkParts = {
    ...{ partition, partitions: 1, store, observe, logger, announce: false },
    ...createSharedParts(0),
    settings: { blockRows: 1, insertIntervalMs: 0, flushIntervalMs: 0, maximumSeries: 1 },
  }
  const keepTrying: KeepTrying = async (_, work) => {
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (!isTrouble(error)) throw error
        await sleep(20)
      }
    }
  }
  return createPointsInsert(parts, keepTrying).insert
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal } from '../../schema/errors.ts'
import { createLogger } from '../../telemetry/logger.ts'
import { commitAt, type OpenLog, openLog, readAll } from './fixture.ts'
import type { Commit } from './log.ts'
import { createSimulatedDisk, type Random } from './simulated-disk.ts'

/** `POWER_CUT_SEED=… POWER_CUTS=… node --test dist/ingest/log/power-cut.test.js` runs one seed again, or more cuts. */
const seed = Number(process.env.POWER_CUT_SEED ?? Math.floor(Math.random() * 2 ** 32))
const cuts = Number(process.env.POWER_CUTS ?? 100)
/** A new log now and then, so that first starts are cut too. */
const cutsPerLog = 10

/** What the world outside the log knows. */
type Knowledge = {
  id: string | undefined
  /** Payloads by offset that were acknowledged or seen by a reader. */
  readonly known: Map<number, string>
  /** Payloads that were refused by name: they must never appear. */
  readonly refused: Set<string>
  readonly sent: Set<string>
  commit: Commit
  /** Commits that failed or were under way when the power went: the last of them may have been done or not. */
  attempted: Commit[]
}

test(`after ${cuts} power cuts no acknowledged record is missing or changed (seed ${seed})`, async () => {
  const random = mulberry32(seed)
  let acknowledged = 0
  for (let done = 0; done < cuts; done += cutsPerLog) {
    const disk = createSimulatedDisk(random)
    const knowledge: Knowledge = {
      id: undefined,
      known: new Map(),
      refused: new Set(),
      sent: new Set(),
      commit: commitAt(0),
      attempted: [],
    }
    for (let cut = 0; cut < cutsPerLog; ) {
      disk.setFailureChance(0)
      // A killed process leaves behind what it wrote but did not sync, for the next one to be misled by.
      const how = random() < 0.4 ? 'kill' : 'power'
      if (how === 'power') cut++
      const dark = disk.endAfter(1 + Math.floor(random() ** 2 * 200), how)
      await Promise.race([dark, live(disk, random, knowledge)])
      await dark
      // What was acknowledged just before the cut must be noted before the next life begins.
      await new Promise(setImmediate)
      acknowledged = Math.max(acknowledged, knowledge.known.size)
    }
    disk.setFailureChance(0)
    const log = await open(disk)
    await check(log, knowledge)
    await log.close()
  }
  assert.ok(acknowledged > 50, `only ${acknowledged} records were acknowledged: the test proves little`)
})

function open(disk: ReturnType<typeof createSimulatedDisk>): Promise<OpenLog> {
  return openLog({
    directory: '/log',
    maximumBytes: 100_000,
    segmentBytes: 12_000,
    keepBytes: 0,
    groupBytes: 5_000,
    repairIntervalMs: 0,
    logger: createLogger('silent'),
    fileSystem: disk.mount(),
  })
}

/** One process's life: start, check, then append, read and commit until the power goes. */
async function live(disk: ReturnType<typeof createSimulatedDisk>, random: Random, knowledge: Knowledge) {
  for (;;) {
    const log = await open(disk)
    await check(log, knowledge)
    disk.setFailureChance(random() < 0.5 ? 0.15 : 0)
    const appends = 5 + Math.floor(random() * 200)
    const writers = Array.from({ length: 8 }, () => write(log, random, knowledge, appends / 8))
    await Promise.all([...writers, commitSometimes(log, random, knowledge, appends / 8)])
    disk.setFailureChance(0)
    await log.close()
  }
}

let payloads = 0
async function write(log: OpenLog, random: Random, knowledge: Knowledge, appends: number): Promise<void> {
  for (let i = 0; i < appends; i++) {
    const payload = `${payloads++} `.padEnd(Math.floor(random() ** 3 * 3000), 'abcdefg')
    knowledge.sent.add(payload)
    try {
      const offset = await log.append(0, Buffer.from(payload))
      assert.ok(!knowledge.known.has(offset), `offset ${offset} was given twice`)
      knowledge.known.set(offset, payload)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      knowledge.refused.add(payload)
    }
  }
}

async function commitSometimes(log: OpenLog, random: Random, knowledge: Knowledge, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await new Promise(setImmediate)
    const { offset } = knowledge.commit
    const next = offset + Math.floor(random() * (log.reader.end() - offset + 1))
    const stored = next + Math.floor(random() * (log.reader.end() - next + 1))
    const intents = Array.from({ length: random() * 200 }, (_, j) => [next + j, i] as const)
    const commit: Commit = { offset: next, stored, intents, newestMs: payloads }
    knowledge.attempted.push(commit)
    try {
      await log.reader.commit(commit)
      knowledge.commit = commit
      knowledge.attempted = []
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }
}

async function check(log: OpenLog, knowledge: Knowledge): Promise<void> {
  knowledge.id ??= log.id
  assert.equal(log.id, knowledge.id)
  const commit = await log.reader.committed()
  const possible = [knowledge.commit, ...knowledge.attempted].map((each) => JSON.stringify(each))
  assert.ok(possible.includes(JSON.stringify(commit)), `commit ${JSON.stringify(commit)} is none of ${possible}`)
  knowledge.commit = commit
  knowledge.attempted = []
  const records = await readAll(log, commit.offset, 10_000)
  records.forEach(({ offset, payload }, i) => {
    const text = payload.toString()
    assert.equal(offset, commit.offset + i)
    assert.ok(knowledge.sent.has(text), `record ${offset} was never sent`)
    assert.ok(!knowledge.refused.has(text), `record ${offset} was refused but is there`)
    assert.equal(text, knowledge.known.get(offset) ?? text, `record ${offset} is not the one acknowledged`)
    knowledge.known.set(offset, text)
  })
  for (const offset of knowledge.known.keys())
    assert.ok(offset < log.reader.end(), `acknowledged record ${offset} is missing`)
}

function mulberry32(state: number): Random {
  let a = state
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

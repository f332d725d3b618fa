import { setTimeout as sleep } from 'node:timers/promises'
import { residentBytes } from '../test/harness.ts'
import { graphql } from '../test/read-back.ts'
import { askedAt } from './answers-of-api.ts'
import { startAgain } from './breakage.ts'
import { noteProblem } from './ledger.ts'
import { project } from './plan.ts'
import type { Stage } from './trial.ts'
import type { WorldNode } from './world.ts'

type Figures = Readonly<Record<string, unknown>>

const sampleMs = 250
const graceMs = 1_000
/** By when a question must be answered, if only with an error, while the store is away. */
const errorWithinMs = 2_000
const patienceMs = 10_000

/** All brokers stand still under full load: no acknowledgements, and the gateways' memory stays bounded. */
export async function brokerStop(stage: Stage, seconds: number): Promise<Figures> {
  const { world, ledger } = stage
  await stage.reached(0.25)
  const { broker: brokers, gateway: gateways } = world.nodes
  const before = await memoryOf(gateways)
  for (const broker of brokers) broker.pause()
  // What is on its way back to the clients still counts as before.
  await sleep(graceMs)
  const ackedBefore = ledger.counts.acked
  let peak = before
  for (const until = performance.now() + seconds * 1_000; performance.now() < until; await sleep(sampleMs)) {
    const now = await memoryOf(gateways)
    peak = peak.map((bytes, i) => Math.max(bytes, now[i] ?? 0))
  }
  const ackedMeanwhile = ledger.counts.acked - ackedBefore
  for (const broker of brokers) broker.resume()
  if (ackedMeanwhile > 0) noteProblem(ledger, `${ackedMeanwhile} points were acknowledged while no broker could write`)
  const resumed = performance.now()
  while (ledger.counts.acked === ackedBefore + ackedMeanwhile && !stage.over()) await sleep(10)
  return {
    brokerStoppedSeconds: seconds,
    ackedWhileStopped: ackedMeanwhile,
    gatewayBytesBefore: before,
    gatewayBytesPeak: peak,
    firstAckAfterSeconds: (performance.now() - resumed) / 1_000,
  }
}

async function memoryOf(nodes: readonly WorldNode[]): Promise<number[]> {
  return await Promise.all(
    nodes.map(async (node) => {
      const pid = node.pid()
      return pid === undefined ? 0 : (await residentBytes(pid).catch(() => ({ now: 0 }))).now
    }),
  )
}

/** The store is killed and stays away: frames are acknowledged all the same, and questions get a clear error soon. */
export async function storeAway(stage: Stage, seconds: number): Promise<Figures> {
  const { world, ledger } = stage
  await stage.reached(0.2)
  const answersBefore = await askOnce(world.questionUrl)
  const release = world.nodes.store.map(stage.hold)
  for (const store of world.nodes.store) await store.kill()
  const ackedBefore = ledger.counts.acked
  const errors = new Map<string, number>()
  let slowestMs = 0
  let answered = 0
  for (const until = performance.now() + seconds * 1_000; performance.now() < until; await sleep(sampleMs)) {
    const { ms, code } = await askOnce(world.questionUrl)
    slowestMs = Math.max(slowestMs, ms)
    if (code === undefined) answered++
    else errors.set(code, (errors.get(code) ?? 0) + 1)
  }
  const ackedMeanwhile = ledger.counts.acked - ackedBefore
  for (const store of world.nodes.store) await startAgain(store)
  for (const letGo of release) letGo()
  if (ackedMeanwhile === 0) noteProblem(ledger, 'nothing was acknowledged while the store was away')
  if (slowestMs > errorWithinMs) noteProblem(ledger, `a question got no answer for ${Math.round(slowestMs)} ms`)
  return {
    storeAwaySeconds: seconds,
    ackedWhileAway: ackedMeanwhile,
    questionBefore: answersBefore,
    slowestErrorMs: slowestMs,
    errorsInTime: slowestMs <= errorWithinMs,
    errors: Object.fromEntries(errors),
    answeredWhileAway: answered,
  }
}

async function askOnce(url: string): Promise<{ ms: number; code: string | undefined }> {
  const started = performance.now()
  const query = `{ runs(project: "${project}", first: 1) { nodes { run } } }`
  try {
    const late = sleep(patienceMs, undefined, { ref: false }).then(() => Promise.reject(new Error('still waiting')))
    const { errors } = await Promise.race([graphql(askedAt(url), query), late])
    return { ms: performance.now() - started, code: errors[0]?.extensions.code }
  } catch (error) {
    return { ms: performance.now() - started, code: `no answer: ${(error as Error).message.slice(0, 100)}` }
  }
}

/** Sinks come and go under load; tells how far ingestion drops after each change, as a part of the rate before. */
export async function rebalance(stage: Stage): Promise<Figures> {
  const { world } = stage
  const changes: Figures[] = []
  for (const [part, change] of [
    [0.2, 'add'],
    [0.4, 'add'],
    [0.6, 'remove'],
    [0.8, 'remove'],
  ] as const) {
    await stage.reached(part)
    if (stage.over()) break
    const before = await rates(stage, 2_000)
    const changing = change === 'add' ? world.addSink?.() : world.removeSink?.()
    const after = await rates(stage, 6_000)
    await changing
    const usual = before.reduce((sum, rate) => sum + rate, 0) / Math.max(1, before.length)
    changes.push({
      change,
      sinks: world.nodes.sink.length,
      pointsPerSecondBefore: Math.round(usual),
      lowestPointsPerSecondAfter: Math.min(...after),
      lowestPart: usual > 0 ? Math.min(...after) / usual : null,
    })
  }
  return { rebalances: changes }
}

/** Points decided per second, in windows of half a second, for so long or until the load ends. */
async function rates(stage: Stage, forMs: number): Promise<number[]> {
  const windowMs = 500
  const found: number[] = []
  for (let spent = 0; spent < forMs; spent += windowMs) {
    const before = stage.decided()
    const started = performance.now()
    await sleep(windowMs)
    if (stage.over()) break
    found.push(Math.round(((stage.decided() - before) * 1_000) / (performance.now() - started)))
  }
  return found
}

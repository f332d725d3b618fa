import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../test/harness.ts'
import { startAgain } from './breakage.ts'
import { startConductor } from './conductor.ts'
import { NodeFailed } from './failures.ts'
import type { Fault } from './schedule.ts'
import type { Link, World, WorldNode } from './world.ts'

type Fake = WorldNode & { readonly events: string[]; die(): void }

/** A node in name only, that fails to start so many times. */
function createNode(name: string, failures = 0): Fake {
  let alive = true
  let left = failures
  const events: string[] = []
  const note = (what: string) => void events.push(what)
  return {
    ...{ name, events, pid: () => undefined, alive: () => alive, output: () => 'its last words' },
    async kill() {
      alive = false
      note('kill')
    },
    pause: () => note('pause'),
    resume: () => note('resume'),
    async start() {
      if (left-- > 0) throw new Error('not yet')
      alive = true
      note('start')
    },
    die() {
      alive = false
      note('die')
    },
  }
}

function worldOf(sinks: readonly Fake[]): World {
  return {
    ...{ frameUrls: [], questionUrl: '', links: { client: [], broker: [], store: [] }, disks: [] },
    nodes: { server: [], gateway: [], sink: sinks, query: [], store: [], broker: [] },
    ...{ heal: async () => {}, sql: async () => [], stop: async () => {} },
  }
}

const kill = (atPoints: number): Fault => ({ kind: 'kill', node: 'sink', downMs: 1, atPoints, pick: 0 })

test('a fault waits for its place in the load, and the load for the fault', async () => {
  const node = createNode('sink-1')
  let points = 0
  let over = false
  const options = { world: worldOf([node]), progress: () => points, over: () => over, onFault: () => {} }
  const conductor = startConductor({ ...options, schedule: [kill(100), kill(200)] })
  await sleep(50)
  assert.deepEqual([node.events, conductor.begun(), conductor.allowance()], [[], 0, 201])
  points = 150
  await until('the first is over', () => node.events.length === 2)
  assert.equal(conductor.begun(), 1)
  points = 200
  await conductor.finished
  assert.deepEqual(node.events, ['kill', 'start', 'kill', 'start'])
  assert.equal(conductor.allowance(), Number.POSITIVE_INFINITY)
  assert.equal(conductor.broken.kills.sink, 2)
  // Else the supervisor goes on.
  over = true
})

test('a link on which no answer comes by holds nobody up for ever', async () => {
  let over = false
  let points = 0
  const counts = { connections: 0, cutBeforeAnswer: 0, cutAfterAnswer: 0, cut: 0 }
  const nothing = () => {}
  const link: Link = {
    ...{ name: 'quiet', counts, cut: nothing, cutAfterAnswer: nothing, stall: nothing, refuse: nothing, open: nothing },
    cutBeforeAnswer() {
      // Only when the load goes on is there an answer to cut.
      if (conductor.allowance() > 1_000) counts.cutBeforeAnswer++
    },
  }
  const world = { ...worldOf([]), links: { client: [link], broker: [], store: [] } }
  const cut = (atPoints: number): Fault => {
    return { kind: 'link', link: 'client', how: 'beforeAnswer', ms: 0, atPoints, pick: 0 }
  }
  const options = { world, progress: () => points, over: () => over, onFault: nothing }
  const conductor = startConductor({ ...options, schedule: [cut(10), cut(20)] })
  points = 20
  await conductor.finished
  over = true
  assert.equal(conductor.broken.cuts.beforeAnswer, 2)
})

test('one that does not start at once is tried again', async () => {
  const node = createNode('sink-1', 1)
  let over = false
  const options = { world: worldOf([node]), progress: () => 1, over: () => over, onFault: () => {} }
  await startConductor({ ...options, schedule: [kill(0)] }).finished
  over = true
  assert.ok(node.alive())
})

test('a node that ends by itself is started again and counted, one that is held is left alone', async () => {
  const [mortal, held] = [createNode('sink-1'), createNode('sink-2')]
  let over = false
  const conductor = startConductor({
    ...{ world: worldOf([mortal, held]), progress: () => 0, over: () => over, onFault: () => {}, schedule: [kill(1)] },
  })
  const letGo = conductor.hold(held)
  held.die()
  mortal.die()
  await until('it is up again', () => mortal.alive())
  assert.equal(held.alive(), false)
  assert.deepEqual([conductor.broken.ownDeaths, conductor.broken.lastWords], [1, ['sink-1: its last words']])
  letGo()
  await until('the other one too', () => held.alive())
  over = true
  await conductor.finished
})

test('one that never starts ends the trial with its name', async () => {
  const node = createNode('sink-1', 1)
  node.start = async () => {
    throw new NodeFailed('no')
  }
  const world = worldOf([node])
  await assert.rejects(startAgain(world.nodes.sink[0]!, 2), /sink-1 does not start:\nits last words/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../test/random.ts'
import { drawSchedule, type Mix, noFaults, shareKills } from './schedule.ts'
import type { Disk, Link, World, WorldNode } from './world.ts'

/** As much of a split world as a schedule looks at. */
function worldOf(partial: Partial<World> = {}): World {
  const node = {} as WorldNode
  return {
    frameUrls: [],
    questionUrl: '',
    nodes: { server: [], gateway: [node, node], sink: [node], query: [node], store: [node], broker: [node] },
    links: { client: [{} as Link], broker: [{} as Link], store: [{} as Link] },
    disks: [{} as Disk],
    addSink: async () => {},
    removeSink: async () => {},
    stepClock: async () => {},
    heal: async () => {},
    sql: async () => [],
    stop: async () => {},
    ...partial,
  }
}

const mix: Mix = {
  ...{ kills: { sink: 30, gateway: 5 }, stops: 20, cuts: { cut: 7, beforeAnswer: 11 }, sinkChanges: 4 },
  ...{ diskFull: 2, diskSlow: 3, clockSteps: 6 },
}

test('a seed replays its schedule', () => {
  assert.deepEqual(drawSchedule(worldOf(), mix, 1e6, 5), drawSchedule(worldOf(), mix, 1e6, 5))
  assert.notDeepEqual(drawSchedule(worldOf(), mix, 1e6, 5), drawSchedule(worldOf(), mix, 1e6, 6))
})

test('everything asked for is in it, in order and spread over the load', () => {
  const schedule = drawSchedule(worldOf(), mix, 1e6, 7)
  assert.equal(schedule.length, 35 + 20 + 18 + 4 + 5 + 6)
  const places = schedule.map((fault) => fault.atPoints)
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  )
  assert.ok(places.at(-1)! < 1e6)
  for (let part = 0; part < 10; part++) assert.ok(places.some((at) => Math.floor(at / 97_000) === part))
  const kills = schedule.filter((fault) => fault.kind === 'kill')
  assert.equal(kills.filter(({ node }) => node === 'sink').length, 30)
})

test('what a world cannot do is left out, and clocks of other programs stay', () => {
  const poor = worldOf({ disks: [], links: { client: [], broker: [], store: [] } })
  const { addSink: _, removeSink: __, ...fixed } = poor
  const kinds = new Set(drawSchedule(fixed, mix, 1e6, 5).map((fault) => fault.kind))
  assert.deepEqual([...kinds].sort(), ['clock', 'kill', 'stop'])
  for (const fault of drawSchedule(worldOf(), { ...noFaults, clockSteps: 100 }, 1e6, 5)) {
    assert.ok(fault.kind === 'clock' && !['store', 'broker'].includes(fault.node))
  }
})

test('kills are shared among what there is', () => {
  const shared = shareKills(worldOf(), 1_000, createRandom(1))
  assert.equal(
    Object.values(shared).reduce((sum, count) => sum + count, 0),
    1_000,
  )
  assert.ok(shared.sink! > shared.gateway! && shared.gateway! > shared.broker! && shared.broker! > 0)
  assert.equal(shared.server, undefined)
})

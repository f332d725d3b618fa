import { setTimeout as sleep } from 'node:timers/promises'
import { NodeFailed } from './failures.ts'
import type { LinkFault } from './schedule.ts'
import type { Link, NodeKind, World, WorldNode } from './world.ts'

/** What was broken, counted when it was done. */
export type Broken = {
  readonly kills: Record<NodeKind, number>
  readonly stops: Record<NodeKind, number>
  readonly cuts: Record<LinkFault, number>
  readonly others: Record<'sinksAdded' | 'sinksRemoved' | 'diskFull' | 'diskSlow' | 'clockSteps', number>
  /** Nodes that ended by themselves and were started again. */
  ownDeaths: number
  /** The last words of the first few of them. */
  readonly lastWords: string[]
}

const startsTried = 10
const answerWaitMs = 2_000

function createBroken(): Broken {
  const perKind = () => ({ server: 0, gateway: 0, sink: 0, query: 0, store: 0, broker: 0 })
  return {
    ...{ kills: perKind(), stops: perKind(), ownDeaths: 0, lastWords: [] },
    cuts: { cut: 0, beforeAnswer: 0, afterAnswer: 0, stall: 0, refuse: 0 },
    others: { sinksAdded: 0, sinksRemoved: 0, diskFull: 0, diskSlow: 0, clockSteps: 0 },
  }
}

/** Breaks one thing of a world and mends it again; each resolves when that is over. */
export function createBreakage(world: World) {
  const broken = createBroken()

  async function kill(node: WorldNode, kind: NodeKind, downMs: number): Promise<void> {
    await node.kill()
    broken.kills[kind]++
    await sleep(downMs)
    await startAgain(node)
  }

  async function stop(node: WorldNode, kind: NodeKind, ms: number): Promise<void> {
    node.pause()
    broken.stops[kind]++
    await sleep(ms)
    node.resume()
  }

  async function stepClock(kind: NodeKind, index: number, byMs: number, ms: number): Promise<void> {
    await world.stepClock?.(kind, index, byMs)
    broken.others.clockSteps++
    await sleep(ms)
    await world.stepClock?.(kind, index, -byMs)
  }

  /** False when no answer came by in time whose way could be cut. */
  async function breakLink(link: Link, how: LinkFault, ms: number): Promise<boolean> {
    if (how === 'beforeAnswer' || how === 'afterAnswer') {
      const counter = how === 'beforeAnswer' ? 'cutBeforeAnswer' : 'cutAfterAnswer'
      const before = link.counts[counter]
      link[counter](1)
      for (let waited = 0; link.counts[counter] === before && waited < answerWaitMs; waited++) await sleep(1)
      const done = link.counts[counter] - before
      broken.cuts[how] += done
      link.open()
      return done > 0
    }
    broken.cuts[how]++
    link[how]()
    if (how === 'cut') return true
    await sleep(ms)
    link.open()
    return true
  }

  async function changeSinks(change: 'add' | 'remove'): Promise<void> {
    // The last one is not removed.
    const adds = change === 'add' || world.nodes.sink.length < 2
    await (adds ? world.addSink?.() : world.removeSink?.())
    broken.others[adds ? 'sinksAdded' : 'sinksRemoved']++
  }

  async function breakDisk(disk: World['disks'][number], how: 'fill' | 'stall', ms: number): Promise<void> {
    broken.others[how === 'fill' ? 'diskFull' : 'diskSlow']++
    if (how === 'stall') return await disk.stall(ms)
    await disk.fill()
    await sleep(ms)
    await disk.free()
  }

  return { broken, kill, stop, stepClock, breakLink, changeSinks, breakDisk }
}

/** A node may need more than one try where what it depends on is away as well. */
export async function startAgain(node: WorldNode, tries = startsTried): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await node.start()
      return
    } catch (error) {
      if (tried >= tries) throw new NodeFailed(`${node.name} does not start:\n${node.output().slice(-4_000)}`, error)
      await sleep(500 * tried)
    }
  }
}

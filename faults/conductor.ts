import { setTimeout as sleep } from 'node:timers/promises'
import { NodeFailed } from './failures.ts'
import type { Fault } from './schedule.ts'
import type { Link, NodeKind, World, WorldNode } from './world.ts'

/** What was broken, counted when it was done. */
export type Broken = {
  readonly kills: Record<NodeKind, number>
  readonly stops: Record<NodeKind, number>
  readonly cuts: Record<'cut' | 'beforeAnswer' | 'afterAnswer' | 'stall' | 'refuse', number>
  readonly others: Record<'sinksAdded' | 'sinksRemoved' | 'diskFull' | 'diskSlow' | 'clockSteps', number>
  /** Nodes that ended by themselves and were started again. */
  ownDeaths: number
}

export type Conductor = {
  /** Points that may be sent before the next fault has begun. */
  allowance(): number
  /** Resolves when every fault has been and is over. @throws NodeFailed */
  readonly finished: Promise<void>
  readonly broken: Broken
  begun(): number
}

export type ConductorOptions = {
  readonly world: World
  readonly schedule: readonly Fault[]
  /** Points decided so far. */
  readonly progress: () => number
  /** Set when there is no load any more: what has not begun is left out. */
  readonly over: () => boolean
  readonly onFault: (text: string) => void
}

const lookMs = 5
const superviseMs = 250
const startsTried = 10
/** Faults that last side by side. */
const atOnce = 4
const headStartMs = 100
const answerWaitMs = 2_000

export function createBroken(): Broken {
  const perKind = () => ({ server: 0, gateway: 0, sink: 0, query: 0, store: 0, broker: 0 })
  return {
    ...{ kills: perKind(), stops: perKind(), ownDeaths: 0 },
    cuts: { cut: 0, beforeAnswer: 0, afterAnswer: 0, stall: 0, refuse: 0 },
    others: { sinksAdded: 0, sinksRemoved: 0, diskFull: 0, diskSlow: 0, clockSteps: 0 },
  }
}

/** Begins each fault when the load has come so far, and starts again what ended: the part of a supervisor. */
export function startConductor({ world, schedule, progress, over, onFault }: ConductorOptions): Conductor {
  const broken = createBroken()
  /** Nodes and links that a fault has hold of. */
  const held = new Set<object>()
  const active = new Set<Promise<void>>()
  const queue = [...schedule]
  let next = 0
  let failure: unknown

  function begin(fault: Fault): boolean {
    const found = prepare(fault)
    if (found === undefined) return false
    for (const thing of found.holds) held.add(thing)
    onFault(found.text)
    const work: Promise<void> = untilFlowing(fault)
      .then(found.act)
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => {
        for (const thing of found.holds) held.delete(thing)
        active.delete(work)
      })
    active.add(work)
    return true
  }

  /** The load may have waited for this fault to begin: it strikes when frames are under way again. What waits for an answer cannot wait. */
  async function untilFlowing(fault: Fault): Promise<void> {
    if (fault.kind === 'link') return
    const before = progress()
    for (let waited = 0; progress() === before && waited < headStartMs; waited++) await sleep(1)
  }

  function free<T extends object>(things: readonly T[], pick: number): T | undefined {
    const left = things.filter((thing) => !held.has(thing))
    return left[Math.min(left.length - 1, Math.floor(pick * left.length))]
  }

  /** What a fault takes hold of and does; undefined when all there is of it is taken. */
  function prepare(fault: Fault): { holds: object[]; text: string; act(): Promise<void> } | undefined {
    switch (fault.kind) {
      case 'kill':
      case 'stop':
      case 'clock': {
        const nodes = world.nodes[fault.node]
        const node = free(nodes, fault.pick)
        if (node === undefined) return undefined
        const text = `${fault.kind} ${node.name}`
        if (fault.kind === 'kill') return { holds: [node], text, act: () => kill(node, fault.node, fault.downMs) }
        if (fault.kind === 'stop') return { holds: [node], text, act: () => stop(node, fault.node, fault.ms) }
        const index = nodes.indexOf(node)
        return { holds: [node], text, act: () => stepClock(fault.node, index, fault.byMs, fault.ms) }
      }
      case 'link': {
        const link = free(world.links[fault.link], fault.pick)
        const text = `${fault.how} on ${link?.name}`
        return link && { holds: [link], text, act: () => breakLink(link, fault) }
      }
      case 'sinks':
        if (held.has(world) || world.nodes.sink.some((sink) => held.has(sink))) return undefined
        return {
          ...{ holds: [world, ...world.nodes.sink], text: `${fault.change} a sink` },
          act: () => changeSinks(fault.change),
        }
      case 'disk': {
        const disk = free(world.disks, fault.pick)
        const text = `${fault.how} ${disk?.name}`
        return disk && { holds: [disk], text, act: () => breakDisk(disk, fault.how, fault.ms) }
      }
      default:
        return fault satisfies never
    }
  }

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

  async function breakLink(link: Link, fault: Fault & { kind: 'link' }): Promise<void> {
    const { how, ms } = fault
    if (how === 'beforeAnswer' || how === 'afterAnswer') {
      const counter = how === 'beforeAnswer' ? 'cutBeforeAnswer' : 'cutAfterAnswer'
      const before = link.counts[counter]
      link[counter](1)
      for (let waited = 0; link.counts[counter] === before && waited < answerWaitMs; waited++) await sleep(1)
      const done = link.counts[counter] - before
      broken.cuts[how] += done
      link.open()
      // No answer came by on this link; perhaps on another.
      if (done === 0) queue.push(fault)
      return
    }
    broken.cuts[how]++
    link[how]()
    if (how === 'cut') return
    await sleep(ms)
    link.open()
  }

  async function changeSinks(change: 'add' | 'remove'): Promise<void> {
    await (change === 'add' ? world.addSink?.() : world.removeSink?.())
    broken.others[change === 'add' ? 'sinksAdded' : 'sinksRemoved']++
  }

  async function breakDisk(disk: World['disks'][number], how: 'fill' | 'stall', ms: number): Promise<void> {
    broken.others[how === 'fill' ? 'diskFull' : 'diskSlow']++
    if (how === 'stall') return await disk.stall(ms)
    await disk.fill()
    await sleep(ms)
    await disk.free()
  }

  async function supervise(): Promise<void> {
    while (!over() && failure === undefined) {
      for (const node of Object.values(world.nodes).flat()) {
        if (node.alive() || held.has(node)) continue
        held.add(node)
        broken.ownDeaths++
        onFault(`${node.name} ended by itself`)
        await startAgain(node).finally(() => held.delete(node))
      }
      await sleep(superviseMs)
    }
  }

  async function conduct(): Promise<void> {
    while (!over() && failure === undefined && (next < queue.length || active.size > 0)) {
      const fault = queue[next]
      if (fault && progress() >= fault.atPoints && active.size < atOnce && begin(fault)) next++
      else await sleep(lookMs)
    }
    while (active.size > 0) await Promise.all(active)
    if (failure !== undefined) throw failure
  }

  void supervise().catch((error: unknown) => {
    failure ??= error
  })
  return {
    broken,
    finished: conduct(),
    begun: () => next,
    allowance() {
      const waiting = queue[next]
      if (waiting === undefined) return Number.POSITIVE_INFINITY
      return Math.max(waiting.atPoints, queue[next + 1]?.atPoints ?? 0) + 1
    },
  }
}

/** A node may need more than one try where what it depends on is away as well. */
export async function startAgain(node: WorldNode): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await node.start()
      return
    } catch (error) {
      if (tried >= startsTried)
        throw new NodeFailed(`${node.name} does not start:\n${node.output().slice(-4_000)}`, error)
      await sleep(500 * tried)
    }
  }
}

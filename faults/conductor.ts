import { setTimeout as sleep } from 'node:timers/promises'
import { type Broken, createBreakage, startAgain } from './breakage.ts'
import type { Fault } from './schedule.ts'
import type { Link, World, WorldNode } from './world.ts'

export type Conductor = {
  /** Points that may be sent before the next fault has begun. */
  allowance(): number
  /** Resolves when every fault has been and is over. @throws NodeFailed */
  readonly finished: Promise<void>
  readonly broken: Broken
  begun(): number
  /** Keeps faults and the supervisor away from a node, until the returned function is called. */
  hold(node: object): () => void
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
/** Faults that last side by side. */
const atOnce = 4
const headStartMs = 100
/** From one link to the next when a cut is tried again; a part of the golden ratio comes to all of them, however many there are. */
const nextPick = 0.618
const slowPointsPerSecond = 1_000

/** Begins each fault when the load has come so far, and starts again what ended: the part of a supervisor. */
export function startConductor({ world, schedule, progress, over, onFault }: ConductorOptions): Conductor {
  const breakage = createBreakage(world)
  const { broken } = breakage
  /** Nodes and links that a fault has hold of. */
  const held = new Set<object>()
  const active = new Set<Promise<void>>()
  const queue = [...schedule]
  let next = 0
  let failure: unknown
  let cutsUnderWay = 0
  let slowFrom: { readonly points: number; readonly ms: number } | undefined

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
        if (fault.kind === 'kill')
          return { holds: [node], text, act: () => breakage.kill(node, fault.node, fault.downMs) }
        if (fault.kind === 'stop') return { holds: [node], text, act: () => breakage.stop(node, fault.node, fault.ms) }
        const index = nodes.indexOf(node)
        return { holds: [node], text, act: () => breakage.stepClock(fault.node, index, fault.byMs, fault.ms) }
      }
      case 'link': {
        const link = free(world.links[fault.link], fault.pick)
        const text = `${fault.how} on ${link?.name}`
        return link && { holds: [link], text, act: () => breakOrPostpone(link, fault) }
      }
      case 'sinks':
        if (held.has(world) || world.nodes.sink.some((sink) => held.has(sink))) return undefined
        return {
          ...{ holds: [world, ...world.nodes.sink], text: `${fault.change} a sink` },
          act: () => breakage.changeSinks(fault.change),
        }
      case 'disk': {
        const disk = free(world.disks, fault.pick)
        // Nobody starts a node on its full disk meanwhile: Kafka was seen to truncate its logs to nothing by that.
        const owners = nodesOf(world).filter(({ name }) => name === disk?.name)
        if (disk === undefined || owners.some((owner) => held.has(owner))) return undefined
        return {
          ...{ holds: [disk, ...owners], text: `${fault.how} ${disk.name}` },
          act: () => breakage.breakDisk(disk, fault.how, fault.ms),
        }
      }
      default:
        return fault satisfies never
    }
  }

  async function breakOrPostpone(link: Link, fault: Fault & { kind: 'link' }): Promise<void> {
    cutsUnderWay++
    const done = await breakage.breakLink(link, fault.how, fault.ms).finally(() => cutsUnderWay--)
    if (done) return
    // No answer came by on this link, and on some none ever does: the cut is made up for on another, where clients wait for theirs.
    const kind = world.links.client.length > 0 ? 'client' : fault.link
    queue.push({ ...fault, link: kind, pick: (fault.pick + nextPick) % 1 })
  }

  async function supervise(): Promise<void> {
    while (!over() && failure === undefined) {
      for (const node of nodesOf(world)) {
        if (node.alive() || held.has(node)) continue
        held.add(node)
        broken.ownDeaths++
        if (broken.lastWords.length < 5) broken.lastWords.push(`${node.name}: ${node.output().slice(-1_500)}`)
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

  /** The load must not be over before the last cuts have found their answers, which come only while it flows: it goes on slowly. */
  function lastStretch(): number {
    const outstanding = next < queue.length || cutsUnderWay > 0
    if (!outstanding) return Number.POSITIVE_INFINITY
    slowFrom ??= { points: progress(), ms: performance.now() }
    return slowFrom.points + (slowPointsPerSecond * (performance.now() - slowFrom.ms)) / 1_000
  }

  void supervise().catch((error: unknown) => {
    failure ??= error
  })
  return {
    broken,
    finished: conduct(),
    begun: () => next,
    hold(node) {
      held.add(node)
      return () => void held.delete(node)
    },
    allowance() {
      const waiting = schedule[next]
      // Those that were put off need answers to come by, so nothing waits for them.
      if (waiting === undefined) return lastStretch()
      return (schedule[next + 1]?.atPoints ?? waiting.atPoints) + 1
    },
  }
}

function nodesOf(world: World): WorldNode[] {
  return Object.values(world.nodes).flat()
}

import { createRandom, type Random, whole } from '../test/random.ts'
import { draw } from './plan.ts'
import type { LinkKind, NodeKind, World } from './world.ts'

/** Something that breaks when so many points are decided. `pick`, from 0 to 1, chooses among what there is of a kind by then. */
export type Fault = { readonly atPoints: number; readonly pick: number } & FaultAction
export type FaultAction =
  | { readonly kind: 'kill'; readonly node: NodeKind; readonly downMs: number }
  | { readonly kind: 'stop'; readonly node: NodeKind; readonly ms: number }
  | { readonly kind: 'link'; readonly link: LinkKind; readonly how: LinkFault; readonly ms: number }
  | { readonly kind: 'sinks'; readonly change: 'add' | 'remove' }
  | { readonly kind: 'disk'; readonly how: 'fill' | 'stall'; readonly ms: number }
  | { readonly kind: 'clock'; readonly node: NodeKind; readonly byMs: number; readonly ms: number }
export type LinkFault = 'cut' | 'beforeAnswer' | 'afterAnswer' | 'stall' | 'refuse'

/** How many of each. */
export type Mix = {
  readonly kills: Partial<Record<NodeKind, number>>
  readonly stops: number
  readonly cuts: Partial<Record<LinkFault, number>>
  /** Only links of this kind are cut; undefined: any. */
  readonly cutsOf?: LinkKind
  readonly sinkChanges: number
  readonly diskFull: number
  readonly diskSlow: number
  readonly clockSteps: number
}

export const noFaults: Mix = { kills: {}, stops: 0, cuts: {}, sinkChanges: 0, diskFull: 0, diskSlow: 0, clockSteps: 0 }

/** Of so many kills, how many fall on each kind of node: the ones that hold state most. */
const killWeights: Record<NodeKind, number> = { server: 1, sink: 5, gateway: 3, store: 1, broker: 1, query: 1 }

const dayMs = 86_400_000

export function shareKills(world: World, kills: number, random: Random): Partial<Record<NodeKind, number>> {
  const kinds = nodeKinds(world)
  const total = kinds.reduce((sum, kind) => sum + killWeights[kind], 0)
  const shared: Partial<Record<NodeKind, number>> = {}
  for (let kill = 0; kill < kills; kill++) {
    let left = random() * total
    const kind = kinds.find((one) => {
      left -= killWeights[one]
      return left < 0
    })!
    shared[kind] = (shared[kind] ?? 0) + 1
  }
  return shared
}

export function nodeKinds(world: World): NodeKind[] {
  return (Object.keys(world.nodes) as NodeKind[]).filter((kind) => world.nodes[kind].length > 0)
}

/** The faults of a run in order, each at its place in the progress of the load; what a world cannot do is left out. */
export function drawSchedule(world: World, mix: Mix, points: number, seed: number): Fault[] {
  const random = createRandom(draw(seed, 0, 70))
  const actions = [...killsOf(mix, random), ...othersOf(world, mix, random)]
  for (let i = actions.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    ;[actions[i], actions[other]] = [actions[other]!, actions[i]!]
  }
  // Spread evenly, each anywhere in its own part, from the first points on and not quite to the last.
  const part = (points * 0.97) / Math.max(1, actions.length)
  return actions.map((action, i) => ({ ...action, atPoints: Math.floor((i + random()) * part), pick: random() }))
}

function* killsOf(mix: Mix, random: Random): Generator<FaultAction> {
  for (const [node, count] of Object.entries(mix.kills) as [NodeKind, number][]) {
    for (let i = 0; i < count; i++)
      yield { kind: 'kill', node, downMs: random() < 0.8 ? random() * 300 : random() * 2_000 }
  }
}

function* othersOf(world: World, mix: Mix, random: Random): Generator<FaultAction> {
  const kinds = nodeKinds(world)
  const of = <T>(items: readonly T[]) => items[whole(random, 0, items.length - 1)]!
  for (let i = 0; i < mix.stops; i++) {
    const node = of(kinds)
    yield { kind: 'stop', node, ms: stopMs(random, node === 'sink' || node === 'broker') }
  }
  const links = (Object.keys(world.links) as LinkKind[]).filter(
    (kind) => world.links[kind].length > 0 && (mix.cutsOf ?? kind) === kind,
  )
  for (const [how, count] of Object.entries(mix.cuts) as [LinkFault, number][]) {
    if (links.length === 0) break
    for (let i = 0; i < count; i++) {
      // What clients meet is a cut most of the time; the inner links get their share.
      const link = links.includes('client') && random() < 0.5 ? 'client' : of(links)
      yield { kind: 'link', link, how, ms: 50 + random() * 1_500 }
    }
  }
  if (world.addSink && world.removeSink) {
    for (let i = 0; i < mix.sinkChanges; i++) yield { kind: 'sinks', change: i % 2 === 0 ? 'add' : 'remove' }
  }
  if (world.disks.length > 0) {
    for (let i = 0; i < mix.diskFull; i++) yield { kind: 'disk', how: 'fill', ms: 500 + random() * 4_000 }
    for (let i = 0; i < mix.diskSlow; i++) yield { kind: 'disk', how: 'stall', ms: 200 + random() * 3_000 }
  }
  const clocks = kinds.filter((kind) => kind !== 'store' && kind !== 'broker')
  if (world.stepClock && clocks.length > 0) {
    for (let i = 0; i < mix.clockSteps; i++) {
      yield { kind: 'clock', node: of(clocks), byMs: i % 2 === 0 ? dayMs : -dayMs, ms: 500 + random() * 4_000 }
    }
  }
}

/** Mostly a moment; a few of those who have a session are longer than the 10 s after which they are taken for dead. */
function stopMs(random: Random, hasSession: boolean): number {
  const chance = random()
  if (chance < 0.8) return 10 + random() * 490
  return hasSession && chance > 0.95 ? 10_500 + random() * 2_500 : 500 + random() * 2_500
}

import { limits } from '../../schema/limits.ts'
import type { ReadOptions, StoreReader } from '../../schema/store.ts'
import { groupBy } from '../group-by.ts'
import type { Points } from '../reduce/buckets.ts'
import type { LiveStretch } from '../sql/live-points.ts'
import { createChanges } from './changes.ts'
import { type Cut, offsetOfOrd, ordUpTo } from './position.ts'
import { type LoggedPoints, noLogged, readLogged } from './reads.ts'
import { addPoints, cutPoints, pointsIn, type Stretch, stretchToRead } from './series-state.ts'
import type { Watched } from './watched.ts'

/** Series of one statement: their keys are part of its text. */
const seriesPerStatement = 1_000
/** Stretches of one statement: each is analysed on its own. */
const stretchesPerStatement = 40
/** Points that are read again at most, of one series; beyond, it is cheaper to load it anew. */
const pointsReadAgain = 200_000

/** What becomes of one series. */
type Plan = { readonly watched: Watched; readonly rows: Points; stretch: Stretch | undefined; stretchRows?: Points }

/**
 * Brings series up to `target` with what was logged since they were last: points behind all others are added, for the others their buckets
 * are read again. The store is asked first, then all states change at once, so that whoever looks sees them all of one moment.
 * Answers the series that changed; those for which there is too much to read are marked to be loaded again.
 */
export async function followSeries(
  reader: StoreReader,
  all: Iterable<Watched>,
  target: Cut,
  options: ReadOptions,
): Promise<Watched[]> {
  const followed = [...all].filter(
    (one) => one.state && !one.loading && (isOpen(one) || one.cut < target[one.partition]!),
  )
  const plans: Plan[] = []
  for (let from = 0; from < followed.length; from += seriesPerStatement) {
    const chunk = followed.slice(from, from + seriesPerStatement)
    const logged = await readLogged(reader, sinceCuts(chunk, target), limits.liveRowsPerRead, options)
    if (logged) for (const one of chunk) plans.push(...planOf(one, logged.get(one.id) ?? noLogged, target))
    else for (const one of chunk) one.loading = true
  }
  await readStretches(reader, plans, target, options)
  const changed: Watched[] = []
  for (const { watched, rows, stretch, stretchRows } of plans) {
    if (watched.loading) continue
    const isNew = rows.steps.length > 0
    const offset = target[watched.partition]!
    if (isNew || stretch)
      addPoints(watched.state!, { rows, ...(stretch && stretchRows ? { stretch, stretchRows } : {}) }, offset)
    if (isNew || isOpen(watched)) changed.push(watched)
    // What it was before this moment nobody can tell: it may have been loaded with more than its cut says.
    if (isOpen(watched)) watched.state!.changes = createChanges(offset)
    watched.cut = offset
    watched.overlap = false
    watched.sureAt = undefined
  }
  return changed
}

/** Its first look after it was loaded is still to come, or told that it is too early. */
const isOpen = (watched: Watched) => watched.overlap

/** What was logged since, by partition and by how far the series are; also what is not counted yet, for those that may have it already. */
function sinceCuts(chunk: readonly Watched[], target: Cut): LiveStretch[] {
  const bySeries = new Map<string, { one: Watched; cut: number; open: boolean }>()
  for (const one of chunk) {
    const known = bySeries.get(one.id)
    const open = one.overlap && one.sureAt === undefined
    bySeries.set(one.id, {
      one,
      cut: Math.min(known?.cut ?? Number.POSITIVE_INFINITY, one.cut),
      open: open || known?.open === true,
    })
  }
  const groups = groupBy(bySeries.values(), ({ one, cut, open }) => `${one.partition} ${cut} ${open}`)
  return [...groups.values()].map((group) => ({
    runs: group.map(({ one }) => one.runKey),
    metrics: group.map(({ one }) => one.metricKey),
    fromOrd: ordUpTo(group[0]!.cut) + 1,
    toOrd: group[0]!.open ? Number.MAX_SAFE_INTEGER : ordUpTo(target[group[0]!.one.partition]!),
    fromStep: -limits.stepMagnitude,
    toStep: limits.stepMagnitude,
  }))
}

function planOf(watched: Watched, logged: LoggedPoints, target: Cut): Plan[] {
  const state = watched.state!
  const { fromStep, toStep } = watched.range
  const offset = target[watched.partition]!
  if (watched.overlap && watched.sureAt === undefined) {
    const seen = select(logged, ordUpTo(watched.cut), Number.POSITIVE_INFINITY, fromStep, toStep)
    watched.sureAt = seen.ords.reduce((most, ord) => Math.max(most, offsetOfOrd(ord)), watched.cut)
  }
  // The state may have what the target does not: it can be told apart once the target has it too.
  if (watched.sureAt !== undefined && offset < watched.sureAt) return []
  const rows = select(logged, ordUpTo(watched.cut), ordUpTo(offset), fromStep, toStep)
  const stretch = stretchToRead(state, rows, watched.overlap)
  if (stretch && pointsIn(state, stretch) + rows.steps.length > pointsReadAgain) {
    watched.loading = true
    return []
  }
  return [{ watched, rows, stretch }]
}

/** Those after one order and up to another, in a range of steps. */
function select(logged: LoggedPoints, afterOrd: number, toOrd: number, fromStep: number, toStep: number): LoggedPoints {
  const { steps, values, ords } = logged
  let kept = 0
  const keep = new Uint32Array(steps.length)
  for (let i = 0; i < steps.length; i++) {
    const passes = ords[i]! > afterOrd && ords[i]! <= toOrd && steps[i]! >= fromStep && steps[i]! <= toStep
    if (passes) keep[kept++] = i
  }
  if (kept === steps.length) return logged
  const pick = (column: Float64Array) => Float64Array.from(keep.subarray(0, kept), (i) => column[i]!)
  return { steps: pick(steps), values: pick(values), ords: pick(ords) }
}

/** Reads the stretches of all plans; those of one run that are alike in one branch of a statement. */
async function readStretches(
  reader: StoreReader,
  plans: readonly Plan[],
  target: Cut,
  options: ReadOptions,
): Promise<void> {
  const late = plans.filter((plan) => plan.stretch !== undefined)
  if (late.length === 0) return
  // A series in several drawings is read once, from the first to the last step that any of them needs.
  const bySeries = new Map<string, { one: Watched; from: number; to: number }>()
  for (const { watched, stretch } of late) {
    const known = bySeries.get(watched.id)
    const from = Math.max(stretch!.from, watched.range.fromStep)
    const to = Math.min(stretch!.to, watched.range.toStep)
    bySeries.set(watched.id, {
      one: watched,
      from: Math.min(from, known?.from ?? from),
      to: Math.max(to, known?.to ?? to),
    })
  }
  const groups = [...groupBy(bySeries.values(), ({ one, from, to }) => `${one.runKey} ${from} ${to}`).values()]
  const logged = new Map<string, LoggedPoints>()
  for (let at = 0; at < groups.length; at += stretchesPerStatement) {
    const chunk = groups.slice(at, at + stretchesPerStatement)
    const stretches = chunk.map((group) => stretchOf(group, target))
    const read = await readLogged(reader, stretches, limits.liveRowsPerRead, options)
    for (const [id, points] of read ?? []) logged.set(id, points)
    if (!read) for (const { one } of chunk.flat()) logged.set(one.id, tooMuch)
  }
  for (const plan of late) {
    const points = logged.get(plan.watched.id) ?? noLogged
    if (points === tooMuch) plan.watched.loading = true
    else plan.stretchRows = withinSteps(points, plan)
  }
}

/** Stands for more points than one statement may answer. */
const tooMuch: LoggedPoints = { ...noLogged }

const stretchOf = (group: readonly { one: Watched; from: number; to: number }[], target: Cut): LiveStretch => ({
  runs: group.map(({ one }) => one.runKey),
  metrics: group.map(({ one }) => one.metricKey),
  fromOrd: 0,
  toOrd: ordUpTo(target[group[0]!.one.partition]!),
  fromStep: group[0]!.from,
  toStep: group[0]!.to,
})

function withinSteps(points: Points, { watched, stretch }: Plan): Points {
  const from = Math.max(stretch!.from, watched.range.fromStep)
  const to = Math.min(stretch!.to, watched.range.toStep)
  const { steps } = points
  let [first, end] = [0, steps.length]
  while (first < end && steps[first]! < from) first++
  while (end > first && steps[end - 1]! > to) end--
  return cutPoints(points, first, end)
}

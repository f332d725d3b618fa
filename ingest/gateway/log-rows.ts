import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { Block, MetricSet } from '../record/record.ts'
import { checkTime } from './columns.ts'
import { checkDistinct, readMetricName } from './metric-names.ts'
import {
  type Cursor,
  isNilByte,
  peekByte,
  readArray,
  readInteger,
  readMap,
  readNumber,
  readString,
  skipValue,
} from './msgpack.ts'
import type { NameRegistry } from './names.ts'

/** Rows of one metric set with ascending steps, on their way to a block. */
type Group = {
  readonly set: MetricSet
  readonly steps: number[]
  /** NaN: the time of arrival, which only the whole group can have. */
  readonly times: number[]
  /** Row after row. */
  readonly values: number[]
}

/** Groups that rows may still join; a bound on the work per row. */
const openGroups = 8

/**
 * The hand-written form: `[{step, time?, metrics: {name: value}}, …]`, in any order. Rows become as few blocks as keep
 * the order of logging: blocks of a frame are numbered as they come, and of two points of one step the later block wins.
 */
export function readLog(cursor: Cursor, names: NameRegistry): Block[] {
  const groups: Group[] = []
  const count = readArray(cursor, 'log')
  for (let i = 0; i < count; i++) readRow(cursor, names, groups)
  return groups.map(toBlock)
}

function readRow(cursor: Cursor, names: NameRegistry, groups: Group[]): void {
  let step: number | undefined
  let time = Number.NaN
  let set: MetricSet | undefined
  let isEmpty = false
  const values: number[] = []
  for (let pairs = readMap(cursor, 'a row of log'); pairs > 0; pairs--) {
    const key = readString(cursor, 'a field name')
    if (key === 'step') step = readInteger(cursor, 'step', 'bad_step')
    else if (key === 'time') {
      if (isNilByte(peekByte(cursor))) skipValue(cursor, 1)
      else time = checkTime(readInteger(cursor, 'time', 'bad_time'))
    } else if (key === 'metrics') {
      values.length = 0
      const pairsOfMetrics = readMap(cursor, 'metrics')
      isEmpty = pairsOfMetrics === 0
      set = isEmpty ? undefined : readMetrics(cursor, names, pairsOfMetrics, values)
    } else throw new Refusal('unknown_field', `a row of log has no field ${JSON.stringify(key.slice(0, 64))}`)
  }
  if (step === undefined) throw new Refusal('missing_field', 'a row of log has no step')
  if (set === undefined) {
    if (isEmpty) return
    throw new Refusal('missing_field', 'a row of log has no metrics')
  }
  const group = joinable(groups, set, step, time)
  group.steps.push(step)
  group.times.push(time)
  for (const value of values) group.values.push(value)
}

/** The metrics of a row, at least one: their set, and their values added to `values`. */
function readMetrics(cursor: Cursor, names: NameRegistry, pairs: number, values: number[]): MetricSet {
  const known = names.layouts.read(cursor, pairs, values)
  if (known !== undefined) return known
  if (pairs > limits.metricsPerRun) {
    throw new Refusal('too_many_metrics', `a row of ${pairs} metrics; the limit of a run is ${limits.metricsPerRun}`)
  }
  const list: string[] = []
  const keys: number[] = []
  for (let i = 0; i < pairs; i++) {
    keys.push(cursor.at)
    list.push(readMetricName(cursor))
    keys.push(cursor.at)
    values.push(readNumber(cursor, 'a metric value'))
  }
  const set = names.set(`rows\0${list.join('\0')}`, () => {
    checkDistinct(list, 'one row')
    return list
  })
  names.layouts.remember(cursor.bytes, keys, set)
  return set
}

/** The newest group of this set, if the row may join it; a new one otherwise. */
function joinable(groups: Group[], set: MetricSet, step: number, time: number): Group {
  for (let i = groups.length - 1; i >= Math.max(0, groups.length - openGroups); i--) {
    const group = groups[i]!
    if (group.set === set) {
      const ascending = step > group.steps.at(-1)!
      if (ascending && Number.isNaN(time) === Number.isNaN(group.times[0]!)) return group
      break
    }
    // A younger group that already has this step or a later one might hold an older point of the same series.
    if (group.steps.at(-1)! >= step && overlaps(group.set, set)) break
  }
  const fresh: Group = { set, steps: [], times: [], values: [] }
  groups.push(fresh)
  return fresh
}

function overlaps(a: MetricSet, b: MetricSet): boolean {
  return a.names.some((name) => b.names.includes(name))
}

function toBlock(group: Group): Block {
  const count = group.steps.length
  const width = group.set.names.length
  const values = new Float64Array(count * width)
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < width; column++) values[column * count + row] = group.values[row * width + column]!
  }
  const steps = BigInt64Array.from(group.steps, BigInt)
  const times = Number.isNaN(group.times[0]!) ? undefined : BigInt64Array.from(group.times, BigInt)
  return {
    set: group.set,
    count,
    steps: { kind: 'list', bytes: new Uint8Array(steps.buffer) },
    times: times && { kind: 'list', bytes: new Uint8Array(times.buffer) },
    width: 8,
    values: new Uint8Array(values.buffer),
  }
}

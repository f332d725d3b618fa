import { createHash } from 'node:crypto'
import { failure } from '../failures.ts'
import type { Maybe } from '../resolvers/inputs.ts'
import type { MetricFigure } from './derived-figures.ts'
import type { FigureOf } from './run-filter.ts'
import type { Binder } from './text.ts'

export type RunSort = {
  readonly by: {
    readonly field?: Maybe<'CREATED' | 'UPDATED' | 'NAME' | 'RUN'>
    readonly param?: Maybe<string>
    readonly paramText?: Maybe<string>
    readonly tag?: Maybe<string>
    readonly metric?: Maybe<MetricFigure>
  }
  readonly direction?: Maybe<'ASCENDING' | 'DESCENDING'>
}

/** A run's place in an order: `rank` 0 has a key, 1 has NaN, 2 has none; then the key; then the run id. */
export type Cursor = { readonly rank: number; readonly key: string | number; readonly run: string }

type Key = { type: 'Float64' | 'String'; value: string; has: string }

/** How runs are ordered: two expressions and a direction, and what comes after a place. Runs without a key are last either way. */
export function sortSql(sort: RunSort, { bind }: Binder, figureOf: FigureOf) {
  const { type, value, has } = keyOf(sort, bind, figureOf)
  const number = type === 'Float64'
  const rank = number ? `multiIf(NOT ${has}, 2, isNaN(${value}), 1, 0)` : `if(${has}, 0, 2)`
  const key = `if(${rank} = 0, ${value}, ${number ? '0' : "''"})`
  const descending = sort.direction === 'DESCENDING'
  return {
    rank,
    key,
    direction: descending ? 'DESC' : 'ASC',
    opposite: descending ? 'ASC' : 'DESC',
    isBeyond(place: Cursor, side: 'after' | 'before'): string {
      if ((typeof place.key === 'number') !== number) throw badCursor()
      const beyond = descending === (side === 'after') ? '<' : '>'
      const [placeRank, placeKey] = [bind('UInt32', place.rank), bind(type, place.key)]
      const runBeyond = `runs.run ${beyond} ${bind('String', place.run)}`
      const inRank = `${key} ${beyond} ${placeKey} OR (${key} = ${placeKey} AND ${runBeyond})`
      return `(${rank} ${side === 'after' ? '>' : '<'} ${placeRank} OR (${rank} = ${placeRank} AND (${inRank})))`
    },
  }
}

function keyOf({ by }: RunSort, bind: Binder['bind'], figureOf: FigureOf): Key {
  const mapKey = (map: 'params_number' | 'params_text' | 'tags', name: string): Key => {
    const bound = bind('String', name)
    const type = map === 'params_number' ? 'Float64' : 'String'
    return { type, value: `${map}[${bound}]`, has: `mapContains(${map}, ${bound})` }
  }
  if (by.field) return fieldKeys[by.field]
  if (typeof by.param === 'string') return mapKey('params_number', by.param)
  if (typeof by.paramText === 'string') return mapKey('params_text', by.paramText)
  if (typeof by.tag === 'string') return mapKey('tags', by.tag)
  if (by.metric) return { type: 'Float64', ...figureOf(by.metric) }
  throw failure('BAD_INPUT', 'sort.by names nothing to sort by')
}

const fieldKeys = {
  CREATED: { type: 'Float64', value: 'toFloat64(toUnixTimestamp64Milli(created))', has: '1' },
  UPDATED: { type: 'Float64', value: 'toFloat64(toUnixTimestamp64Milli(updated))', has: '1' },
  NAME: { type: 'String', value: 'name', has: '1' },
  RUN: { type: 'String', value: 'runs.run', has: '1' },
} as const satisfies Record<string, Key>

/** A cursor as text. It names the list and the order it belongs to, so that one of another list is refused instead of misread. */
export function formatCursor(list: unknown, place: Cursor): string {
  const key = typeof place.key === 'number' ? { float: String(place.key) } : place.key
  return Buffer.from(JSON.stringify([fingerprint(list), place.rank, key, place.run])).toString('base64url')
}

export function parseCursor(list: unknown, text: string): Cursor {
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    throw badCursor()
  }
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== fingerprint(list)) throw badCursor()
  const [, rank, key, run] = parts as unknown[]
  const value = typeof key === 'string' ? key : Number((key as { float?: unknown } | null)?.float ?? Number.NaN)
  const whole = (rank === 0 || rank === 1 || rank === 2) && typeof run === 'string' && !Number.isNaN(value)
  if (!whole) throw badCursor()
  return { rank, key: value, run }
}

function fingerprint(list: unknown): string {
  return createHash('sha256').update(JSON.stringify(list)).digest('base64url').slice(0, 10)
}

function badCursor(): Error {
  return failure('BAD_CURSOR', 'the cursor is not one of this list in this order')
}

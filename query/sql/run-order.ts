import { limits } from '../../schema/limits.ts'
import { failure } from '../failures.ts'
import { fingerprint, opaqueText, partsOf } from '../opaque.ts'
import type { Maybe } from '../resolvers/inputs.ts'
import type { MetricFigure } from './derived-figures.ts'
import type { FigureOf } from './run-filter.ts'
import { type Formula, type FormulaInput, figuresSql, formulaIn, formulaOfPlace, formulaSql } from './run-formulas.ts'
import type { Binder } from './text.ts'

export type RunSort = {
  readonly by: {
    readonly field?: Maybe<'CREATED' | 'UPDATED' | 'NAME' | 'RUN'>
    readonly param?: Maybe<string>
    readonly paramText?: Maybe<string>
    readonly tag?: Maybe<string>
    readonly metric?: Maybe<MetricFigure>
    readonly expression?: Maybe<FormulaInput>
  }
  readonly direction?: Maybe<'ASCENDING' | 'DESCENDING'>
}

/**
 * A run's place in an order: `rank` 0 has a key, 1 has NaN, 2 has none; then the key; then the run id. The key of an expression is given by the figures
 * that it is over: whoever goes on from there computes it as those of the runs, so that rounding of functions moves no place.
 */
export type Cursor = { readonly rank: number; readonly key: string | number | readonly number[]; readonly run: string }

/** `has`: whether a run has it at all; absent: each has, and it is never NaN. */
type Key = { type: 'Float64' | 'String'; value: string; has?: string; formula?: Formula }

/** How runs are ordered: two expressions and a direction, and what comes after a place. Runs without a key are last either way. */
export function sortSql(sort: RunSort, { bind }: Binder, figureOf: FigureOf) {
  const { type, value, has, formula } = keyOf(sort, bind, figureOf)
  const number = type === 'Float64'
  const rank = has === undefined ? '0' : number ? `multiIf(NOT ${has}, 2, isNaN(${value}), 1, 0)` : `if(${has}, 0, 2)`
  const key = has === undefined ? value : `if(${rank} = 0, ${value}, ${number ? '0' : "''"})`
  const descending = sort.direction === 'DESCENDING'
  return {
    rank,
    key,
    /** A column of what each run's key is computed from, if that is an expression. */
    figures: () => (formula ? `, ${figuresSql(formula, figureOf)} AS sortFigures` : ''),
    direction: descending ? 'DESC' : 'ASC',
    opposite: descending ? 'ASC' : 'DESC',
    isBeyond(place: Cursor, side: 'after' | 'before'): string {
      checkPlace(place, number, formula)
      const beyond = descending === (side === 'after') ? '<' : '>'
      const placeRank = bind('UInt32', place.rank)
      const placeKey = typeof place.key === 'object' ? formulaOfPlace(formula!, place.key, bind) : bind(type, place.key)
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
  if (by.expression) {
    const formula = formulaIn(by.expression)
    return { type: 'Float64', formula, ...formulaSql(formula, figureOf, bind) }
  }
  throw failure('BAD_INPUT', 'sort.by names nothing to sort by')
}

const fieldKeys = {
  CREATED: { type: 'Float64', value: 'toFloat64(toUnixTimestamp64Milli(created))' },
  UPDATED: { type: 'Float64', value: 'toFloat64(toUnixTimestamp64Milli(updated))' },
  NAME: { type: 'String', value: 'name' },
  RUN: { type: 'String', value: 'runs.run' },
} as const satisfies Record<string, Key>

/** @throws BAD_CURSOR when a place's key is of another type than the order's */
export function checkPlace({ rank, key }: Cursor, number: boolean, formula?: Formula): void {
  const fits = Array.isArray(key)
    ? rank === 0 && key.length === formula?.metrics.length
    : (typeof key === 'number') === number && !(formula && rank === 0)
  if (!fits) throw badCursor()
}

/** A cursor as text. It names the list and the order it belongs to, so that one of another list is refused instead of misread. */
export function formatCursor(list: unknown, place: Cursor): string {
  const { key: own } = place
  const key = typeof own === 'number' ? { float: String(own) } : typeof own === 'string' ? own : own.map(floatText)
  return opaqueText([fingerprint(list), place.rank, key, place.run])
}

export function parseCursor(list: unknown, text: string): Cursor {
  const parts = partsOf(text)
  if (parts?.length !== 4 || parts[0] !== fingerprint(list)) throw badCursor()
  const [, rank, key, run] = parts
  const value = keyIn(key)
  const whole = (rank === 0 || rank === 1 || rank === 2) && typeof run === 'string'
  if (!whole || value === undefined) throw badCursor()
  return { rank, key: value, run }
}

/** Keeps the sign of -0. */
const floatText = (value: number) => (Object.is(value, -0) ? '-0' : String(value))

/** Figures may be NaN, from which an expression can still make a number; a key may not. */
function keyIn(key: unknown): Cursor['key'] | undefined {
  if (typeof key === 'string') return key
  if (Array.isArray(key)) return key.length <= limits.metricsPerExpression ? key.map(Number) : undefined
  const value = Number((key as { float?: unknown } | null)?.float ?? Number.NaN)
  return Number.isNaN(value) ? undefined : value
}

function badCursor(): Error {
  return failure('BAD_CURSOR', 'the cursor is not one of this list in this order')
}

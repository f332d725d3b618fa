import { limits } from '../../schema/limits.ts'
import type { Figure } from '../expressions/sql.ts'
import { failure } from '../failures.ts'
import type { Maybe } from '../resolvers/inputs.ts'
import { type Derived, derivedId, derivedIn, type MetricFigure } from './derived-figures.ts'
import { type FormulaInput, formulaIn, formulaSql } from './run-formulas.ts'
import type { SummaryField } from './summaries.ts'
import type { Binder, BoundType } from './text.ts'

export type RunFilter = {
  readonly and?: Maybe<readonly RunFilter[]>
  readonly or?: Maybe<readonly RunFilter[]>
  readonly not?: Maybe<RunFilter>
  readonly state?: Maybe<readonly string[]>
  readonly name?: Maybe<TextCondition>
  readonly run?: Maybe<TextCondition>
  readonly created?: Maybe<TimeCondition>
  readonly updated?: Maybe<TimeCondition>
  readonly param?: Maybe<
    Named & { exists?: Maybe<boolean>; number?: Maybe<NumberCondition>; text?: Maybe<TextCondition> }
  >
  readonly tag?: Maybe<Named & { exists?: Maybe<boolean>; text?: Maybe<TextCondition> }>
  readonly metric?: Maybe<MetricFigure & FigureCondition>
  readonly expression?: Maybe<FormulaInput & FigureCondition>
}
type FigureCondition = { exists?: Maybe<boolean>; number?: Maybe<NumberCondition> }
type Named = { readonly name: string }
type TextCondition = {
  is?: Maybe<string>
  in?: Maybe<readonly string[]>
  contains?: Maybe<string>
  startsWith?: Maybe<string>
}
type TimeCondition = { from?: Maybe<number>; before?: Maybe<number> }
type NumberCondition = { is?: Maybe<number>; in?: Maybe<readonly number[]> } & {
  [K in keyof typeof comparisons]?: Maybe<number>
}

/** Where the figures of a metric are to be found: the joined table's name, registered by the first condition that needs it. */
export type FigureOf = (figure: MetricFigure) => Figure

/** The filter as one SQL expression that is 0 or 1, never NULL, so that `not` means what it says. */
export function filterSql(filter: RunFilter, binder: Binder, figureOf: FigureOf): string {
  let conditions = 0
  const { bind } = binder

  function all(parts: readonly string[]): string {
    conditions += parts.length
    if (conditions > limits.filterConditions) {
      throw failure('BAD_INPUT', `the filter has more than ${limits.filterConditions} conditions`)
    }
    return parts.length === 0 ? '1' : `(${parts.join(' AND ')})`
  }
  function compile(f: RunFilter): string {
    const parts: string[] = []
    if (f.and) parts.push(...f.and.map(compile))
    if (f.or) parts.push(f.or.length === 0 ? '0' : `(${f.or.map(compile).join(' OR ')})`)
    if (f.not) parts.push(`NOT ${compile(f.not)}`)
    if (f.state) parts.push(`state IN ${bindList(bind, 'Array(String)', f.state)}`)
    if (f.name) parts.push(...textSql(bind, 'name', f.name))
    if (f.run) parts.push(...textSql(bind, 'runs.run', f.run))
    if (f.created) parts.push(...timeSql(bind, 'created', f.created))
    if (f.updated) parts.push(...timeSql(bind, 'updated', f.updated))
    if (f.param) parts.push(...paramSql(bind, f.param))
    if (f.tag) parts.push(...mapSql(bind, 'tags', f.tag, (value, c) => (c.text ? textSql(bind, value, c.text) : [])))
    if (f.metric) parts.push(...figureSql(bind, figureOf(f.metric), f.metric))
    if (f.expression) {
      const formula = formulaSql(formulaIn(f.expression), figureOf, bind)
      parts.push(...figureSql(bind, formula, f.expression))
    }
    return all(parts)
  }
  return compile(filter)
}

type Bind = Binder['bind']

function bindList(bind: Bind, type: BoundType, items: readonly (string | number)[]): string {
  if (items.length > limits.filterListItems)
    throw failure('BAD_INPUT', `a list of the filter has more than ${limits.filterListItems} items`)
  return bind(type, items)
}

function textSql(bind: Bind, column: string, c: TextCondition): string[] {
  const parts: string[] = []
  if (typeof c.is === 'string') parts.push(`${column} = ${bind('String', c.is)}`)
  if (c.in) parts.push(`${column} IN ${bindList(bind, 'Array(String)', c.in)}`)
  if (typeof c.contains === 'string') parts.push(`position(${column}, ${bind('String', c.contains)}) > 0`)
  if (typeof c.startsWith === 'string') parts.push(`startsWith(${column}, ${bind('String', c.startsWith)})`)
  return parts
}

const comparisons = { less: '<', lessOrEqual: '<=', greater: '>', greaterOrEqual: '>=' } as const

function numberSql(bind: Bind, column: string, c: NumberCondition): string[] {
  const parts: string[] = []
  if (typeof c.is === 'number') parts.push(`${column} = ${bind('Float64', c.is)}`)
  if (c.in) parts.push(`has(${bindList(bind, 'Array(Float64)', c.in)}, ${column})`)
  for (const [name, operator] of Object.entries(comparisons)) {
    const bound = c[name as keyof typeof comparisons]
    if (typeof bound === 'number') parts.push(`${column} ${operator} ${bind('Float64', bound)}`)
  }
  return parts
}

function timeSql(bind: Bind, column: 'created' | 'updated', c: TimeCondition): string[] {
  const inMs = `toUnixTimestamp64Milli(${column})`
  const parts: string[] = []
  if (typeof c.from === 'number') parts.push(`${inMs} >= ${bind('Int64', c.from)}`)
  if (typeof c.before === 'number') parts.push(`${inMs} < ${bind('Int64', c.before)}`)
  return parts
}

/** A condition on an entry of a map: on its value only where the map has it, on its absence only by `exists: false`. */
function mapSql<C extends Named & { exists?: Maybe<boolean> }>(
  bind: Bind,
  map: 'params_text' | 'params_number' | 'tags',
  c: C,
  about: (value: string, c: C) => string[],
): string[] {
  const name = bind('String', c.name)
  const has = `mapContains(${map}, ${name})`
  const parts = about(`${map}[${name}]`, c)
  // Nothing can be said of the value of what is not there.
  if (c.exists === false) return parts.length > 0 ? ['0'] : [`NOT ${has}`]
  return [has, ...parts]
}

function paramSql(bind: Bind, c: NonNullable<RunFilter['param']>): string[] {
  const parts = mapSql(bind, 'params_text', c, (value) => (c.text ? textSql(bind, value, c.text) : []))
  const { number } = c
  if (number) parts.push(...mapSql(bind, 'params_number', { name: c.name }, (value) => numberSql(bind, value, number)))
  return parts
}

function figureSql(bind: Bind, { value, has }: Figure, c: FigureCondition): string[] {
  if (c.exists === false) return c.number ? ['0'] : [`NOT ${has}`]
  return [has, ...(c.number ? numberSql(bind, value, c.number) : [])]
}

/** What a question joins to the runs: figures of the n-th metric as `m<n>`, the n-th that is computed from points as `d<n>`. */
export type Figures = {
  readonly figureOf: FigureOf
  readonly joined: ReadonlyMap<string, Set<SummaryField>>
  readonly derived: ReadonlyMap<string, Derived>
}

/** Gathers which figures of which metrics a question needs. */
export function createFigures(): Figures {
  const joined = new Map<string, Set<SummaryField>>()
  const derived = new Map<string, Derived>()
  return {
    joined,
    derived,
    figureOf(figure) {
      const metric = figure.name
      const computed = derivedIn(figure)
      if (computed) derived.set(derivedId(computed), computed)
      else if (!joined.has(metric)) joined.set(metric, new Set())
      if (joined.size + derived.size > limits.filterMetrics) {
        throw failure('BAD_INPUT', `filter and sort name more than ${limits.filterMetrics} different metrics`)
      }
      if (computed) {
        const table = `d${[...derived.keys()].indexOf(derivedId(computed))}`
        return { value: `${table}.figure`, has: `(${table}.has = 1)` }
      }
      const field = (figure.field ?? 'LAST') as SummaryField
      joined.get(metric)!.add(field)
      const table = `m${[...joined.keys()].indexOf(metric)}`
      return { value: `${table}.value_${field}`, has: `(${table}.has_${field} = 1)` }
    },
  }
}

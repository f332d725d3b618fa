import { type Derived, derivedIn } from '../sql/derived-figures.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { formulaIn } from '../sql/run-formulas.ts'
import type { SummaryField } from '../sql/summaries.ts'
import { derivedColumn, type Fresh, isKnown } from './derived.ts'
import { createFormulaStep } from './formulas.ts'
import { maybe, no, yes } from './marks.ts'
import { entryColumn, fieldColumn, figureColumn, type Need } from './needs.ts'
import { isAbsent, type NumberColumn } from './numbers.ts'
import { type Predicate, rowsPerStep } from './predicate.ts'
import { type Column, columnOf, type RunTable } from './table.ts'
import { matchingTexts } from './text-matches.ts'
import type { TextColumn } from './texts.ts'

type NumberCondition = NonNullable<NonNullable<RunFilter['metric']>['number']>
type TextCondition = NonNullable<RunFilter['name']>
type TimeCondition = NonNullable<RunFilter['created']>

/** A filter over the columns of a table, all of which are there. The same conditions as `sql/run-filter.ts`, which also bounds them. */
export function predicateOf(table: RunTable, filter: RunFilter, fresh: Fresh = new Map()): Predicate {
  const parts: Predicate[] = []
  const column = (need: Need) => columnOf(table, need)!
  if (filter.and) parts.push(...filter.and.map((each) => predicateOf(table, each, fresh)))
  if (filter.or) parts.push(anyOf(filter.or.map((each) => predicateOf(table, each, fresh))))
  if (filter.not) parts.push(opposite(predicateOf(table, filter.not, fresh)))
  if (filter.state) parts.push(textIs(column(fieldColumn('state')), { in: filter.state }))
  for (const field of ['name', 'run'] as const) {
    const condition = filter[field]
    if (condition) parts.push(textIs(column(fieldColumn(field)), condition))
  }
  for (const field of ['created', 'updated'] as const) {
    const condition = filter[field]
    if (condition) parts.push(timeIs(column(fieldColumn(field)), condition))
  }
  if (filter.param) parts.push(paramIs(table, filter.param))
  if (filter.tag) parts.push(entryIs(column(entryColumn('tag', filter.tag.name)), filter.tag))
  if (filter.metric) parts.push(metricIs(table, filter.metric, fresh))
  if (filter.expression) parts.push(formulaIs(table, filter.expression))
  return allOf(parts)
}

function metricIs(table: RunTable, c: NonNullable<RunFilter['metric']>, fresh: Fresh): Predicate {
  const derived = derivedIn(c)
  if (derived) return knownOr(table, derived, fresh, figureIs(derivedColumn(table, derived).column, c))
  return figureIs(columnOf(table, figureColumn(c.name, (c.field ?? 'LAST') as SummaryField))!, c)
}

/** Its numbers are made as they are looked at. */
function formulaIs(table: RunTable, c: NonNullable<RunFilter['expression']>): Predicate {
  const { column, fill } = createFormulaStep(table, formulaIn(c), rowsPerStep)
  const passes = figureIs(column, c)
  return (first, out) => {
    fill(first, out.length)
    passes(0, out)
  }
}

/** Says `maybe` of the runs whose figure is still to be computed. */
function knownOr(table: RunTable, derived: Derived, fresh: Fresh, predicate: Predicate): Predicate {
  const known = isKnown(table, derived, fresh)
  return (first, out) => {
    predicate(first, out)
    for (let i = 0; i < out.length; i++) if (!known(first + i)) out[i] = maybe
  }
}

function paramIs(table: RunTable, c: NonNullable<RunFilter['param']>): Predicate {
  const parts: Predicate[] = []
  if (c.number) {
    if (c.exists === false) return (_, out) => out.fill(no)
    parts.push(figureIs(columnOf(table, entryColumn('param', c.name))!, { number: c.number }))
  }
  if (c.text || !c.number) parts.push(entryIs(columnOf(table, entryColumn('paramText', c.name))!, c))
  return allOf(parts)
}

/** Nothing can be said of the value of what is not there. */
function entryIs(column: Column, c: { exists?: unknown; text?: TextCondition | null | undefined }): Predicate {
  const { codes } = column as TextColumn
  if (c.exists === false) {
    if (c.text) return (_, out) => out.fill(no)
    return (first, out) => {
      for (let i = 0; i < out.length; i++) out[i] = yes * Number(codes[first + i]! < 0)
    }
  }
  return textIs(column, c.text ?? {})
}

function figureIs(column: Column, c: { exists?: unknown; number?: NumberCondition | null | undefined }): Predicate {
  const numbers = column as NumberColumn
  if (c.exists === false && c.number) return (_, out) => out.fill(no)
  const there: Predicate = (first, out) => {
    for (let i = 0; i < out.length; i++) out[i] = yes * Number(!isAbsent(numbers, first + i))
  }
  if (c.exists === false) return opposite(there)
  // What is not there compares as NaN does: it passes nothing.
  return c.number && hasCondition(c.number) ? numberIs(numbers, c.number) : there
}

const hasCondition = (c: NumberCondition) => Object.values(c).some((bound) => bound !== null && bound !== undefined)

function textIs(column: Column, c: TextCondition): Predicate {
  const { codes, dictionary } = column as TextColumn
  const marks = matchingTexts(dictionary, c)
  return (first, out) => {
    for (let i = 0; i < out.length; i++) out[i] = marks[codes[first + i]! + 1]!
  }
}

function numberIs({ values }: NumberColumn, c: NumberCondition): Predicate {
  const lowest = c.greaterOrEqual ?? Number.NEGATIVE_INFINITY
  const highest = c.lessOrEqual ?? Number.POSITIVE_INFINITY
  const above = c.greater ?? undefined
  const below = c.less ?? undefined
  const one = c.is ?? undefined
  const some = c.in ? new Set(c.in.map((number) => number + 0)) : undefined
  return (first, out) => {
    for (let i = 0; i < out.length; i++) {
      const value = values[first + i]!
      out[i] = yes * (Number(value >= lowest) & Number(value <= highest))
    }
    if (above !== undefined) for (let i = 0; i < out.length; i++) out[i]! *= Number(values[first + i]! > above)
    if (below !== undefined) for (let i = 0; i < out.length; i++) out[i]! *= Number(values[first + i]! < below)
    if (one !== undefined) for (let i = 0; i < out.length; i++) out[i]! *= Number(values[first + i]! === one)
    if (some) for (let i = 0; i < out.length; i++) if (out[i] !== no && !some.has(values[first + i]!)) out[i] = no
  }
}

function timeIs(column: Column, c: TimeCondition): Predicate {
  return numberIs(column as NumberColumn, { greaterOrEqual: c.from, less: c.before })
}

function allOf(parts: readonly Predicate[]): Predicate {
  if (parts.length === 0) return (_, out) => out.fill(yes)
  return combined(parts, (out, other) => {
    for (let i = 0; i < out.length; i++) out[i]! &= other[i]!
  })
}

function anyOf(parts: readonly Predicate[]): Predicate {
  if (parts.length === 0) return (_, out) => out.fill(no)
  return combined(parts, (out, other) => {
    for (let i = 0; i < out.length; i++) out[i]! |= other[i]!
  })
}

function combined(parts: readonly Predicate[], join: (out: Uint8Array, other: Uint8Array) => void): Predicate {
  const [begin, ...rest] = parts
  const scratch = rest.length === 0 ? undefined : new Uint8Array(rowsPerStep)
  return (first, out) => {
    begin!(first, out)
    for (const part of rest) {
      const other = scratch!.subarray(0, out.length)
      part(first, other)
      join(out, other)
    }
  }
}

/** `yes` and `no` change places, `maybe` stays. */
const opposites = Uint8Array.from([yes, maybe, no, no])

function opposite(part: Predicate): Predicate {
  return (first, out) => {
    part(first, out)
    for (let i = 0; i < out.length; i++) out[i] = opposites[out[i]!]!
  }
}

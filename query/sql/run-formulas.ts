import { type Expression, metricsOf } from '../expressions/expression.ts'
import { parseExpression } from '../expressions/parse.ts'
import { expressionSql, type Figure } from '../expressions/sql.ts'
import { failure } from '../failures.ts'
import type { Maybe } from '../resolvers/inputs.ts'
import { type DerivedField, derivedFields, type MetricFigure } from './derived-figures.ts'
import type { SummaryField } from './summaries.ts'
import type { Binder } from './text.ts'

/** An expression over metrics as filters and orders of runs name it. */
export type FormulaInput = { readonly text: string; readonly field?: Maybe<SummaryField | DerivedField> }

/** An expression over one figure of each of its metrics: a run has it where it has all of these. */
export type Formula = {
  readonly expression: Expression
  /** Each once. */
  readonly metrics: readonly string[]
  readonly field: SummaryField
}

/** @throws BAD_EXPRESSION, and BAD_INPUT for a figure that no summary has */
export function formulaIn({ text, field }: FormulaInput): Formula {
  const expression = parseExpression(text)
  const figure = field ?? 'LAST'
  if ((derivedFields as readonly string[]).includes(figure))
    throw failure('BAD_INPUT', `an expression over metrics of runs is over figures of summaries; ${figure} is none`)
  return { expression, metrics: metricsOf(expression), field: figure as SummaryField }
}

/** The formula of each run, from the figures that a statement joins to it. */
export function formulaSql(
  { expression, field }: Formula,
  figureOf: (figure: MetricFigure) => Figure,
  bind: Binder['bind'],
): Figure {
  return expressionSql(expression, (name) => figureOf({ name, field }), bind)
}

/** What each run's formula is over, as one list: so that its place can be found again by whoever computes the formula. */
export function figuresSql({ metrics, field }: Formula, figureOf: (figure: MetricFigure) => Figure): string {
  return `[${metrics.map((name) => figureOf({ name, field }).value).join(', ')}]`
}

/** The formula of a place whose figures are known, computed by the store as that of each run is. */
export function formulaOfPlace(
  { expression, metrics }: Formula,
  figures: readonly number[],
  bind: Binder['bind'],
): string {
  const figureOf = (name: string): Figure => ({ value: bind('Float64', figures[metrics.indexOf(name)]!), has: '1' })
  return expressionSql(expression, figureOf, bind).value
}

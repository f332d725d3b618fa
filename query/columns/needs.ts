import { failure } from '../failures.ts'
import { type Derived, derivedIn, type MetricFigure } from '../sql/derived-figures.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { type Formula, formulaIn } from '../sql/run-formulas.ts'
import type { RunSort } from '../sql/run-order.ts'
import type { SummaryField } from '../sql/summaries.ts'
import type { Binder } from '../sql/text.ts'

/** A thing of a run that has a column of its own: from the table `runs`, or one figure of a metric. */
export type RunColumn = { readonly table: 'runs'; readonly id: string; readonly kind: 'number' | 'text' } & RunThing
export type FigureColumn = { readonly table: 'figures'; readonly metric: string; readonly field: SummaryField }
export type Need = RunColumn | FigureColumn

type RunThing =
  | { readonly of: 'state' | 'name' | 'run' | 'created' | 'updated' }
  | { readonly of: 'param' | 'paramText' | 'tag'; readonly name: string }

const kinds = { state: 'text', name: 'text', run: 'text', created: 'number', updated: 'number' } as const

export function fieldColumn(of: keyof typeof kinds): RunColumn {
  return { table: 'runs', id: of, kind: kinds[of], of }
}
export function entryColumn(of: 'param' | 'paramText' | 'tag', name: string): RunColumn {
  return { table: 'runs', id: `${of}\0${name}`, kind: of === 'param' ? 'number' : 'text', of, name }
}
export function figureColumn(metric: string, field: SummaryField): FigureColumn {
  return { table: 'figures', metric, field }
}

/** How `runs` gives it: the value, and whether a run has it. */
export function columnSql(column: RunColumn, bind: Binder['bind']): { value: string; has: string } {
  switch (column.of) {
    case 'state':
      return { value: "CAST(state, 'String')", has: '1' }
    case 'name':
      return { value: 'name', has: '1' }
    case 'run':
      return { value: 'runs.run', has: '1' }
    case 'created':
    case 'updated':
      return { value: `toFloat64(toUnixTimestamp64Milli(${column.of}))`, has: '1' }
    case 'param':
    case 'paramText':
    case 'tag': {
      const map = { param: 'params_number', paramText: 'params_text', tag: 'tags' }[column.of]
      const name = bind('String', column.name)
      return { value: `${map}[${name}]`, has: `mapContains(${map}, ${name})` }
    }
    default:
      return column satisfies never
  }
}

/** What a filter looks at. */
export function needsOfFilter(filter: RunFilter): Need[] {
  const needs: Need[] = []
  for (const each of [...(filter.and ?? []), ...(filter.or ?? []), ...(filter.not ? [filter.not] : [])])
    needs.push(...needsOfFilter(each))
  for (const field of ['state', 'name', 'run', 'created', 'updated'] as const)
    if (filter[field]) needs.push(fieldColumn(field))
  const { param, tag, metric, expression } = filter
  // A run that has a param's number has its text too, so the number alone tells.
  if (param?.number) needs.push(entryColumn('param', param.name))
  if (param && (param.text || !param.number)) needs.push(entryColumn('paramText', param.name))
  if (tag) needs.push(entryColumn('tag', tag.name))
  if (metric) needs.push(...figureNeeds(metric))
  if (expression) needs.push(...needsOfFormula(formulaIn(expression)))
  return needs
}

const sortFields = { CREATED: 'created', UPDATED: 'updated', NAME: 'name', RUN: 'run' } as const

/** What of the summaries a figure of a metric is, or is found by. */
export function figureNeeds(figure: MetricFigure): FigureColumn[] {
  const derived = derivedIn(figure)
  return derived ? needsOfDerived(derived) : [figureColumn(figure.name, (figure.field ?? 'LAST') as SummaryField)]
}

/** What of a summary says that a figure is not there, without a look at points. */
export function needsOfDerived({ metric, field }: Derived): FigureColumn[] {
  if (field === 'MEAN_OF_LAST') return [figureColumn(metric, 'COUNT')]
  const extreme = field === 'FIRST_STEP_BELOW' ? 'MIN' : 'MAX'
  return (['COUNT', extreme, 'NON_FINITE_COUNT'] as const).map((each) => figureColumn(metric, each))
}

/** The figures that an expression over metrics is over, in the order of its metrics. */
export const needsOfFormula = ({ metrics, field }: Formula): FigureColumn[] =>
  metrics.map((metric) => figureColumn(metric, field))

/** What an order goes by, unless that is a figure of a metric or an expression. */
export function needOfSort({ by }: RunSort): RunColumn {
  if (by.field) return fieldColumn(sortFields[by.field])
  if (typeof by.param === 'string') return entryColumn('param', by.param)
  if (typeof by.paramText === 'string') return entryColumn('paramText', by.paramText)
  if (typeof by.tag === 'string') return entryColumn('tag', by.tag)
  throw failure('BAD_INPUT', 'sort.by names nothing to sort by')
}

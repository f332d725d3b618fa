import { limits } from '../../schema/limits.ts'
import { countNumbers, countTexts, type FacetFigures, type FacetRange } from '../columns/facets.ts'
import { entryColumn, fieldColumn, type RunColumn } from '../columns/needs.ts'
import type { NumberColumn } from '../columns/numbers.ts'
import { columnOf } from '../columns/table.ts'
import type { TextColumn } from '../columns/texts.ts'
import type { Context } from '../context.ts'
import { failure } from '../failures.ts'
import {
  binsOf,
  type FacetQuestion,
  facetBins,
  facetHistogram,
  facetRange,
  facetTotals,
  facetValues,
} from '../sql/facets.ts'
import { ask, numbers, texts } from '../sql/read.ts'
import type { RunFilter } from '../sql/run-filter.ts'
import { runsCount } from '../sql/runs-page.ts'
import type { Statement } from '../sql/text.ts'
import { arrive } from './arrive.ts'
import { type Maybe, rowsIn } from './inputs.ts'
import { refuseManyDerived } from './runs-page.ts'

type FacetKey = { readonly field?: Maybe<'STATE'>; readonly param?: Maybe<string>; readonly tag?: Maybe<string> }

export type FacetsInput = {
  readonly project: string
  readonly filter?: Maybe<RunFilter>
  readonly of: readonly FacetKey[]
  readonly first?: Maybe<number>
  readonly at?: Maybe<string>
}

/** How many values are asked for at most. */
export function facetValuesIn({ of, first }: FacetsInput): number {
  if (of.length > limits.facetsPerQuestion)
    throw failure('BAD_INPUT', `there are ${of.length} facets; at most ${limits.facetsPerQuestion} are allowed`)
  return of.length * (rowsIn(first, 20) + facetBins)
}

export async function resolveFacets(_: unknown, input: FacetsInput, context: Context) {
  facetValuesIn(input)
  const [filter, rows] = [input.filter ?? {}, rowsIn(input.first, 20)]
  // The statement's own checks hold for every way of answering.
  const { summaries, derived } = runsCount(input.project, filter)
  await arrive(context, input.at, summaries)
  const facet = async (key: FacetKey) => {
    const { text, number } = columnsOf(key)
    const question = { project: input.project, filter, text, number, rows }
    const found = (await fromMemory(question, context)) ?? (await bySql(question, derived, context))
    return facetOf(key, found)
  }
  return Promise.all(input.of.map(facet))
}

type Question = Omit<FacetQuestion, 'column'> & { text: RunColumn; number: RunColumn | undefined; rows: number }
type Found = { readonly values: FacetFigures; readonly range: FacetRange | undefined }

function columnsOf({ param, tag }: FacetKey): { text: RunColumn; number: RunColumn | undefined } {
  if (typeof param === 'string') return { text: entryColumn('paramText', param), number: entryColumn('param', param) }
  if (typeof tag === 'string') return { text: entryColumn('tag', tag), number: undefined }
  return { text: fieldColumn('state'), number: undefined }
}

function fromMemory({ project, filter, text, number, rows }: Question, context: Context): Promise<Found | undefined> {
  return context.leaderboards.work({
    ...{ project, filter },
    needs: number ? [text, number] : [text],
    async work(table, passes) {
      const own = number && (columnOf(table, number) as NumberColumn)
      return {
        values: await countTexts(table, passes, columnOf(table, text) as TextColumn, rows),
        range: own && (await countNumbers(table, passes, own)),
      }
    },
  })
}

async function bySql(
  { text, number, rows, ...rest }: Question,
  derived: Parameters<typeof refuseManyDerived>[1],
  context: Context,
): Promise<Found> {
  await refuseManyDerived(rest.project, derived, context)
  const askStore = (statement: Statement) => ask(context.reader, statement, context.readOptions)
  const [totals, values] = await Promise.all([
    askStore(facetTotals({ ...rest, column: text })),
    askStore(facetValues({ ...rest, column: text }, rows)),
  ])
  const one = (name: string) => numbers(totals, name)[0] ?? 0
  const counts = numbers(values, 'found')
  const shown = texts(values, 'text').map((each, i) => ({ text: each, runs: counts[i]! }))
  const found = { passing: one('passing'), having: one('having'), distinct: one('different'), values: shown }
  return { values: found, range: number && (await rangeBySql({ ...rest, column: number }, askStore)) }
}

async function rangeBySql(
  question: FacetQuestion,
  askStore: (statement: Statement) => ReturnType<typeof ask>,
): Promise<FacetRange> {
  const answer = await askStore(facetRange(question))
  const [numeric, finite, lowest, highest] = ['numeric', 'finite', 'lowest', 'highest'].map(
    (name) => numbers(answer, name)[0] ?? 0,
  ) as [number, number, number, number]
  const { width, counts } = binsOf(finite, lowest, highest)
  if (width > 0) {
    const bins = await askStore(facetHistogram(question, lowest, width))
    const [places, found] = [numbers(bins, 'bin'), numbers(bins, 'found')]
    for (let i = 0; i < places.length; i++) counts[places[i]!] = found[i]!
  }
  return { numeric, finite, lowest, highest, width, counts }
}

function facetOf(key: FacetKey, { values, range }: Found) {
  const shown = values.values.reduce((sum, { runs }) => sum + runs, 0)
  return {
    name: key.param ?? key.tag ?? 'state',
    runs: values.having,
    missing: values.passing - values.having,
    distinct: values.distinct,
    values: values.values,
    moreValues: values.distinct - values.values.length,
    moreRuns: values.having - shown,
    numbers: range && range.numeric > 0 ? rangeOf(range) : null,
  }
}

function rangeOf({ numeric, finite, lowest, highest, width, counts }: FacetRange) {
  return {
    runs: numeric,
    nonFinite: numeric - finite,
    min: finite > 0 ? lowest : null,
    max: finite > 0 ? highest : null,
    binWidth: width,
    binStarts: Float64Array.from(counts, (_, bin) => lowest + bin * width),
    binCounts: counts,
  }
}

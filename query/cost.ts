import {
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isCompositeType,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { limits } from '../schema/limits.ts'
import { type LiveSeriesInput, liveCost } from './live/source.ts'
import { type CompareInput, comparedIn } from './resolvers/compare-runs.ts'
import { type DeadLettersInput, lettersIn } from './resolvers/dead-letters.ts'
import { type DrawingInput, pointsOfSeries, seriesOfRun } from './resolvers/drawing.ts'
import { type FacetsInput, facetValuesIn } from './resolvers/facets.ts'
import { type GroupsInput, groupsCost } from './resolvers/groups.ts'
import { rowsIn } from './resolvers/inputs.ts'
import { idsIn, type NodesInput } from './resolvers/nodes.ts'
import { type RunsInput, runsIn } from './resolvers/runs.ts'
import type { SeriesInput } from './resolvers/series.ts'
import { type MetricsInput, metricsIn } from './resolvers/summaries.ts'

/** What an answer may become at most: `points` are buckets of curves and rows of lists; `series` runs x (metrics and expressions). */
export type Cost = { readonly points: number; readonly series: number }

const nothing: Cost = { points: 0, series: 0 }
const sum = (a: Cost, b: Cost): Cost => ({ points: a.points + b.points, series: a.series + b.series })
const times = (n: number, cost: Cost): Cost => ({ points: n * cost.points, series: n * cost.series })
const curves = (runs: number, input: DrawingInput): Cost => {
  const series = runs * seriesOfRun(input)
  return { points: series * pointsOfSeries(input), series }
}

/** A letter's frame may have as many bytes as so many points in JSON, at about 32 each. */
const letterFramePoints = limits.frameLoggedBytes / 32

/** The fields that make answers large: from their arguments and the cost of what is selected of one row. Others cost what they select. */
export const costs: Readonly<Record<string, (args: never, row: Cost) => Cost>> = {
  'Query.series': ({ input }: { input: SeriesInput }) => curves(input.runs.length, input),
  'Query.groups': ({ input }: { input: GroupsInput }) => ({ points: groupsCost(input), series: 0 }),
  'Query.runs': (input: RunsInput, row) => times(runsIn(input), sum({ points: 1, series: 0 }, row)),
  'Query.facets': (input: FacetsInput) => ({ points: facetValuesIn(input), series: 0 }),
  'Query.compareRuns': (input: CompareInput) => ({ points: comparedIn(input), series: 0 }),
  'Query.projects': ({ first }: { first?: number }) => ({ points: rowsIn(first, 100), series: 0 }),
  'Query.deadLetters': (input: DeadLettersInput, row) => times(lettersIn(input), sum({ points: 1, series: 0 }, row)),
  'Query.deadLetterCounts': ({ first }: { first?: number }) => ({ points: rowsIn(first, 100), series: 0 }),
  'Query.node': (_, row) => sum({ points: 1, series: 0 }, row),
  'Query.nodes': ({ ids }: NodesInput, row) => times(idsIn(ids), sum({ points: 1, series: 0 }, row)),
  'DeadLetter.frame': () => ({ points: letterFramePoints, series: 0 }),
  // Live: what is watched, and what an event may carry.
  'Subscription.series': ({ input }: { input: LiveSeriesInput }) => liveCost(input),
  'Subscription.runs': (_: object, row) => times(limits.liveRunsPerEvent, sum({ points: 1, series: 0 }, row)),
  'Run.metrics': (input: MetricsInput) => ({ points: metricsIn(input), series: 0 }),
  'Run.series': (input: DrawingInput) => curves(1, input),
}

export type CostQuestion = {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  /** After coercion: what the resolvers will see. */
  readonly variables: Readonly<Record<string, unknown>>
}

/**
 * The cost of a validated operation. Each fragment is computed once, however often it is spread, so that this takes time by the size of the
 * document; a field selected twice counts twice.
 * @throws the resolvers' own errors for arguments that are not allowed
 */
export function costOf({ schema, operation, fragments, variables }: CostQuestion): Cost {
  const computed = new Map<string, Cost>()

  function ofSet(type: GraphQLCompositeType, set: SelectionSetNode): Cost {
    return set.selections.map((node) => ofSelection(type, node)).reduce(sum, nothing)
  }

  function ofSelection(type: GraphQLCompositeType, node: SelectionNode): Cost {
    if (isLeftOut(node)) return nothing
    if (node.kind === Kind.INLINE_FRAGMENT) return ofSet(typeOf(node.typeCondition) ?? type, node.selectionSet)
    if (node.kind === Kind.FRAGMENT_SPREAD) {
      const { name, typeCondition, selectionSet } = fragments.get(node.name.value)!
      if (!computed.has(name.value)) computed.set(name.value, ofSet(typeOf(typeCondition) ?? type, selectionSet))
      return computed.get(name.value)!
    }
    const field = type instanceof GraphQLObjectType ? type.getFields()[node.name.value] : undefined
    // Introspection.
    if (!field) return nothing
    const rowType = getNamedType(field.type)
    const row = node.selectionSet && isCompositeType(rowType) ? ofSet(rowType, node.selectionSet) : nothing
    const cost = costs[`${type.name}.${field.name}`]
    return cost ? cost(getArgumentValues(field, node, variables) as never, row) : row
  }

  /** What a fragment is about: of an interface it may name fields that the interface does not have. */
  function typeOf(condition: NamedTypeNode | undefined): GraphQLCompositeType | undefined {
    const type = condition && schema.getType(condition.name.value)
    return isCompositeType(type) ? type : undefined
  }

  function isLeftOut(node: SelectionNode): boolean {
    const skip = getDirectiveValues(GraphQLSkipDirective, node, variables)
    const include = getDirectiveValues(GraphQLIncludeDirective, node, variables)
    return skip?.if === true || include?.if === false
  }

  return ofSet(schema.getRootType(operation.operation)!, operation.selectionSet)
}

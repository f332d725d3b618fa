import { type DocumentNode, type GraphQLSchema, getOperationAST, getVariableValues, Kind, print, visit } from 'graphql'
import { fingerprint } from './position.ts'

export type Operation = {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly operationName?: string | null | undefined
  readonly variables: Readonly<Record<string, unknown>> | undefined
}

/**
 * Names what an operation selects of its subscription's events: the fields, and the variables that they use. What the subscription itself is asked
 * with is left out, so that viewers with different ids to go on from are still alike.
 */
export function selectionOf({ schema, document, operationName, variables }: Operation): string {
  const operation = getOperationAST(document, operationName)!
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}).coerced ?? {}
  const root = operation.selectionSet.selections.length === 1 ? operation.selectionSet.selections[0]! : undefined
  const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION)
  // A field within a fragment: rare, and told by all there is.
  if (root?.kind !== Kind.FIELD || !root.selectionSet) return fingerprint([print(document), coerced])
  const parts = [root.selectionSet, ...fragments]
  const used = new Set<string>()
  for (const part of parts) visit(part, { Variable: (node) => void used.add(node.name.value) })
  const values = [...used].sort().map((name) => [name, coerced[name]])
  return fingerprint([root.alias?.value ?? root.name.value, parts.map(print), values])
}

import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

/** Whether a field's answer is asked for any of the named fields; one that a directive leaves out counts too. */
export function selectsAny(info: GraphQLResolveInfo, names: readonly string[]): boolean {
  const wanted = new Set(names)
  const seen = new Set<string>()
  const inSet = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((node) => {
      if (node.kind === Kind.FIELD) return wanted.has(node.name.value)
      if (node.kind === Kind.INLINE_FRAGMENT) return inSet(node.selectionSet)
      if (seen.has(node.name.value)) return false
      seen.add(node.name.value)
      return inSet(info.fragments[node.name.value]?.selectionSet)
    }) ?? false
  return info.fieldNodes.some(({ selectionSet }) => inSet(selectionSet))
}

import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

/** Whether a field's answer is asked for any of the named fields; one that a directive leaves out counts too. */
export function selectsAny(info: GraphQLResolveInfo, names: readonly string[]): boolean {
  const selected = selectedFields(info)
  return names.some((name) => selected.has(name))
}

/** What a field's answer is asked for, whatever fragments it stands in; one that a directive leaves out counts too. */
export function selectedFields(info: GraphQLResolveInfo): ReadonlySet<string> {
  const fields = new Set<string>()
  const seen = new Set<string>()
  function add(set: SelectionSetNode | undefined): void {
    for (const node of set?.selections ?? []) {
      if (node.kind === Kind.FIELD) fields.add(node.name.value)
      else if (node.kind === Kind.INLINE_FRAGMENT) add(node.selectionSet)
      else if (!seen.has(node.name.value)) {
        seen.add(node.name.value)
        add(info.fragments[node.name.value]?.selectionSet)
      }
    }
  }
  for (const { selectionSet } of info.fieldNodes) add(selectionSet)
  return fields
}

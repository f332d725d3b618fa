import type { Maybe } from '../resolvers/inputs.ts'
import type { Binder } from './text.ts'

/** By what runs are grouped: exactly one of these. */
export type GroupKey = {
  readonly param?: Maybe<string>
  readonly tag?: Maybe<string>
  readonly field?: Maybe<'STATE'>
}

/**
 * A run's group in SQL: its `label`, and whether the run has one (1 or 0). `id` names the group in a text of bounded length and is what a
 * statement binds, since values of params may be long.
 */
export function groupSql(key: GroupKey | undefined, { bind }: Binder) {
  const { label, has } = labelSql(key, bind)
  return { label, has, id: `concat(toString(${has}), hex(sipHash128(${label})))` }
}

function labelSql(key: GroupKey | undefined, bind: Binder['bind']): { label: string; has: string } {
  if (key === undefined) return { label: "''", has: 'toUInt8(1)' }
  if (key.field) return { label: "CAST(state, 'String')", has: 'toUInt8(1)' }
  const [map, name] =
    typeof key.tag === 'string' ? ['tags', bind('String', key.tag)] : ['params_text', bind('String', key.param ?? '')]
  return { label: `${map}[${name}]`, has: `toUInt8(mapContains(${map}, ${name}))` }
}

import { opaqueText, partsOf } from './opaque.ts'

/**
 * Global ids, as Relay wants them: opaque to clients, and what they name is found from the id alone, without a table of ids. An id is a list of
 * the type and its names, `["Run","<project>","<run>"]`, as JSON in base64url. Dead letters keep their own, `<partition>-<offset>-<block>`,
 * which none of these can look like: each begins with the coded `["`.
 */
const namesOf = { Project: 1, Run: 2, Metric: 3 } as const
export type NamedType = keyof typeof namesOf

/** Longest id: three names of the longest kind, with every character written as an escape of six. */
const idCharacters = 8_192

export function formatNodeId(type: NamedType, ...names: readonly string[]): string {
  return opaqueText([type, ...names])
}

/** Undefined when the text is no id. Each thing has one id: another spelling of it is none. */
export function parseNodeId(id: string): { type: NamedType; names: readonly string[] } | undefined {
  if (id.length > idCharacters) return undefined
  const parts = partsOf(id)
  if (!parts?.every((part) => typeof part === 'string')) return undefined
  const [type, ...names] = parts as string[]
  if (type === undefined || !Object.hasOwn(namesOf, type) || namesOf[type as NamedType] !== names.length)
    return undefined
  return formatNodeId(type as NamedType, ...names) === id ? { type: type as NamedType, names } : undefined
}

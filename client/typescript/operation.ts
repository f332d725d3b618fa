/** An operation with the types of its answer and its variables. */
export type Operation<Data, Variables> = {
  readonly name: string
  readonly kind: 'query' | 'subscription'
  readonly text: string
  /** SHA-256 of the text, hexadecimal: by it a server may know the operation. */
  readonly hash: string
  /** Paths into the variables where the token of a write goes. */
  readonly at: readonly (readonly string[])[]
  /** Never there: carries the types. */
  readonly types?: { readonly data: Data; readonly variables: Variables }
}

/** The variables with a token of a write in its places; those of an operation without any stay as they are. */
export function withAt<Variables>(
  operation: Operation<unknown, Variables>,
  variables: Variables,
  at: string,
): Variables {
  return operation.at.reduce((changed, path) => put(changed, path, at), variables)
}

function put<T>(target: T, [first, ...rest]: readonly string[], value: string): T {
  const object = target as Record<string, unknown>
  return { ...object, [first!]: rest.length === 0 ? value : put(object[first!] ?? {}, rest, value) } as T
}

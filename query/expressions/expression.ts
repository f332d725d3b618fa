/** The functions of expressions, and how many arguments each takes. Operators are those of the first row. */
export const arities = {
  ...{ add: 2, subtract: 2, multiply: 2, divide: 2, pow: 2, negate: 1 },
  ...{ log: 1, log10: 1, log2: 1, exp: 1, sqrt: 1, abs: 1, min: 2, max: 2 },
} as const

export type FunctionName = keyof typeof arities

/** Names that are written as calls; the other functions are written as operators. */
export const callable: ReadonlySet<string> = new Set([
  ...['log', 'log10', 'log2', 'exp', 'sqrt', 'abs', 'min', 'max', 'pow'],
])

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'metric'; readonly name: string }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly of: readonly Expression[] }

/** The metrics that an expression names, each once, in the order of the text. */
export function metricsOf(expression: Expression): string[] {
  const names = new Set<string>()
  const visit = (e: Expression): void => {
    if (e.kind === 'metric') names.add(e.name)
    if (e.kind === 'call') e.of.forEach(visit)
  }
  visit(expression)
  return [...names]
}

/** A request that must be refused before the store is asked. */
export type Abuse = {
  readonly is: string
  /** Of the answer's first error. */
  readonly code: string
  readonly status?: number
  readonly method?: string
  /** After `/graphql?`. */
  readonly search?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Refused by the door in front of GraphQL, which only a real server has. */
  readonly atDoor?: true
}

export const json = { 'content-type': 'application/json' }
export const list = (count: number, of = (i: number) => `n${i}`) => Array.from({ length: count }, (_, i) => of(i))

type Rows = readonly (readonly [is: string, code: string, query: string, variables?: unknown, operationName?: string])[]
export const posted = (rows: Rows): Abuse[] =>
  rows.map(([is, code, query, variables, operationName]) => ({
    ...{ is, code, method: 'POST', headers: json },
    body: JSON.stringify({ query, variables, operationName }),
  }))

export const series = 'query ($in: SeriesInput!) { series(input: $in) { steps } }'
export const curves = (more: object) => ({ in: { project: 'p', runs: ['r'], metrics: ['m'], ...more } })

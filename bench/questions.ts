import { createPoster } from './post.ts'

/** A series as the API answers it; non-finite values are texts. */
export type SeriesAnswer = {
  readonly run: string
  readonly metric: string
  readonly steps: readonly number[]
  readonly values: readonly (number | string)[]
}

export type SeriesInput = {
  readonly project: string
  readonly runs: readonly string[]
  readonly metrics: readonly string[]
  readonly at?: string
  readonly fromStep?: number
  readonly toStep?: number
  readonly buckets?: number
}

/** A series in packed form, with how it was made. */
export type PackedAnswer = {
  readonly run: string
  readonly metric: string
  readonly stepsPacked: string
  readonly valuesPacked: string
  readonly receipt: { readonly exact: boolean; readonly pointsTotal: number }
}

export type RunValues = { readonly run: string; readonly values: readonly (number | string)[] }

type GraphqlError = { readonly extensions?: { readonly retryable?: boolean } }

/** A question that was answered with errors. */
export class Unanswered extends Error {
  readonly retryable: boolean
  constructor(message: string, retryable: boolean) {
    super(message)
    this.retryable = retryable
  }
}

export type Questioner = {
  readonly series: (input: SeriesInput) => Promise<SeriesAnswer[]>
  readonly packedSeries: (input: SeriesInput) => Promise<PackedAnswer[]>
  /** The token of what can be seen now; no store is asked for it. */
  readonly watermark: () => Promise<string>
  /** One metric of those of the runs that can be seen already. */
  readonly visible: (project: string, runs: readonly string[], metric: string) => Promise<RunValues[]>
  readonly close: () => void
}

const seriesQuery = 'query ($in: SeriesInput!) { series(input: $in) { run metric steps values } }'
const packedQuery =
  'query ($in: SeriesInput!) { series(input: $in) { run metric stepsPacked valuesPacked receipt { exact pointsTotal } } }'
const watermarkQuery = '{ server { watermark } }'
/** `series` refuses an unknown run; the list of runs leaves out what it does not know yet. */
const visibleQuery = `query ($project: String!, $runs: [String!]!, $metrics: [String!]!) {
  runs(project: $project, filter: { run: { in: $runs } }, first: 500) { nodes { run series(metrics: $metrics) { values } } } }`

type Visible = { runs: { nodes: { run: string; series: { values: (number | string)[] }[] }[] } }

/** Asks over HTTP with connections kept open; as many at a time as questions are under way. */
export function createQuestioner(baseUrl: string, apiKey: string | undefined): Questioner {
  const poster = createPoster(baseUrl, apiKey)

  async function ask<Data>(query: string, variables: object): Promise<Data> {
    const text = (await poster.ask(JSON.stringify({ query, variables }))).body.toString('utf8')
    const { data, errors } = JSON.parse(text) as { data?: Data | null; errors?: GraphqlError[] }
    if (data && !errors) return data
    const retryable = errors?.[0]?.extensions?.retryable === true
    throw new Unanswered(`GraphQL answered with ${errors ? JSON.stringify(errors) : text.slice(0, 200)}`, retryable)
  }

  return {
    series: async (input) => (await ask<{ series: SeriesAnswer[] }>(seriesQuery, { in: input })).series,
    packedSeries: async (input) => (await ask<{ series: PackedAnswer[] }>(packedQuery, { in: input })).series,
    watermark: async () => (await ask<{ server: { watermark: string } }>(watermarkQuery, {})).server.watermark,
    async visible(project, runs, metric) {
      const { runs: found } = await ask<Visible>(visibleQuery, { project, runs, metrics: [metric] })
      return found.nodes.map(({ run, series }) => ({ run, values: series[0]?.values ?? [] }))
    },
    close: () => poster.close(),
  }
}

/** The API's form of a value. */
export function valueText(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

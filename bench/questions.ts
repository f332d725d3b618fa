import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

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
  /** One metric of those of the runs that can be seen already. */
  readonly visible: (project: string, runs: readonly string[], metric: string) => Promise<RunValues[]>
  readonly close: () => void
}

const seriesQuery = 'query ($in: SeriesInput!) { series(input: $in) { run metric steps values } }'
const packedQuery =
  'query ($in: SeriesInput!) { series(input: $in) { run metric stepsPacked valuesPacked receipt { exact pointsTotal } } }'
/** `series` refuses an unknown run; the list of runs leaves out what it does not know yet. */
const visibleQuery = `query ($project: String!, $runs: [String!]!, $metrics: [String!]!) {
  runs(project: $project, filter: { run: { in: $runs } }, first: 500) { nodes { run series(metrics: $metrics) { values } } } }`

type Visible = { runs: { nodes: { run: string; series: { values: (number | string)[] }[] }[] } }

/** Asks over HTTP with connections kept open; as many at a time as questions are under way. */
export function createQuestioner(baseUrl: string, apiKey: string | undefined): Questioner {
  const url = new URL('/graphql', baseUrl)
  const secure = url.protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const send = secure ? httpsRequest : httpRequest
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }

  function post(body: string): Promise<string> {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': Buffer.byteLength(body),
      ...authorization,
    }
    return new Promise((resolve, reject) => {
      const request = send(url, { method: 'POST', agent, headers }, (response) => text(response).then(resolve, reject))
      request.once('error', reject)
      request.end(body)
    })
  }

  async function ask<Data>(query: string, variables: object): Promise<Data> {
    const text = await post(JSON.stringify({ query, variables }))
    const { data, errors } = JSON.parse(text) as { data?: Data | null; errors?: GraphqlError[] }
    if (data && !errors) return data
    const retryable = errors?.[0]?.extensions?.retryable === true
    throw new Unanswered(`GraphQL answered with ${errors ? JSON.stringify(errors) : text.slice(0, 200)}`, retryable)
  }

  return {
    series: async (input) => (await ask<{ series: SeriesAnswer[] }>(seriesQuery, { in: input })).series,
    packedSeries: async (input) => (await ask<{ series: PackedAnswer[] }>(packedQuery, { in: input })).series,
    async visible(project, runs, metric) {
      const { runs: found } = await ask<Visible>(visibleQuery, { project, runs, metrics: [metric] })
      return found.nodes.map(({ run, series }) => ({ run, values: series[0]?.values ?? [] }))
    },
    close: () => agent.destroy(),
  }
}

async function text(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** The API's form of a value. */
export function valueText(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

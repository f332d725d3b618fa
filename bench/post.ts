import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export type Poster = {
  /** The answer's bytes to a question, whatever its status: GraphQL says what went wrong in the answer itself. */
  readonly ask: (body: string) => Promise<Buffer>
  readonly close: () => void
}

/** Posts JSON to `/graphql` on connections that are kept open; as many at a time as questions are under way. */
export function createPoster(baseUrl: string, apiKey: string | undefined): Poster {
  const url = new URL('/graphql', baseUrl)
  const secure = url.protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const send = secure ? httpsRequest : httpRequest
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }

  function ask(body: string): Promise<Buffer> {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': Buffer.byteLength(body),
      ...authorization,
    }
    return new Promise((resolve, reject) => {
      const request = send(url, { method: 'POST', agent, headers }, (response) => whole(response).then(resolve, reject))
      request.once('error', reject)
      request.end(body)
    })
  }

  return { ask, close: () => agent.destroy() }
}

async function whole(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

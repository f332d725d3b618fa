import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

export type Poster = {
  /** The body of the answer to JSON that is posted, to `/graphql` unless said otherwise. */
  readonly ask: (body: string, path?: string) => Promise<Answered>
  readonly get: (path: string) => Promise<Answered>
  readonly close: () => void
}

export type Answered = { readonly status: number; readonly body: Buffer }

/** Asks on connections that are kept open; as many at a time as questions are under way. */
export function createPoster(baseUrl: string, apiKey: string | undefined): Poster {
  const secure = new URL(baseUrl).protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const send = secure ? httpsRequest : httpRequest
  const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }

  function request(path: string, body: string | undefined): Promise<Answered> {
    const content =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const headers = { accept: 'application/json', ...content, ...authorization }
    const method = body === undefined ? 'GET' : 'POST'
    return new Promise((resolve, reject) => {
      const sent = send(new URL(path, baseUrl), { method, agent, headers }, (response) => {
        whole(response).then(resolve, reject)
      })
      sent.once('error', (error: NodeJS.ErrnoException) => {
        // The server had closed the idle connection while this process compared answers and saw nothing. A question can be asked twice.
        if (sent.reusedSocket && error.code === 'ECONNRESET') request(path, body).then(resolve, reject)
        else reject(error)
      })
      sent.end(body)
    })
  }

  return {
    ask: (body, path = '/graphql') => request(path, body),
    get: (path) => request(path, undefined),
    close: () => agent.destroy(),
  }
}

async function whole(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks) }
}

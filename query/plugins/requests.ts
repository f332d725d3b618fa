import type { GraphQLParams, Plugin } from 'graphql-yoga'
import { limits } from '../../schema/limits.ts'
import { isJson, isOwnSite } from '../browsers.ts'
import { type FailureCode, requestFailure } from '../failures.ts'

/**
 * Takes GET, and POST of JSON, up to the body limit. No CORS headers are ever sent, so that no page of another site can read an answer; nor
 * can it make a browser ask costly questions: it cannot post a form here, and a browser says so when a request comes from another site.
 */
export function useRequests(): Plugin {
  return {
    onRequestParse({ request, url, setRequestParser }) {
      if (!isOwnSite(request.headers.get('sec-fetch-site'))) {
        refuse('FORBIDDEN_ORIGIN', 'a page of another site may not ask questions here')
      }
      if (request.method === 'GET') setRequestParser(() => questionInUrl(url.searchParams))
      if (request.method !== 'POST') return
      if (!isJson(request.headers.get('content-type'))) refuse('BAD_REQUEST', 'content-type must be application/json')
      const length = Number(request.headers.get('content-length') ?? 0)
      if (length > limits.queryBodyBytes) {
        refuse('BODY_TOO_LARGE', `the body has ${length} bytes; at most ${limits.queryBodyBytes} are allowed`)
      }
    },
  }
}

/** The same names in a URL as in a body; objects as JSON. */
function questionInUrl(search: URLSearchParams): GraphQLParams {
  const question: Record<string, unknown> = {}
  for (const name of ['query', 'operationName', 'documentId']) if (search.get(name)) question[name] = search.get(name)
  for (const name of ['variables', 'extensions'])
    if (search.get(name)) question[name] = objectIn(name, search.get(name)!)
  return question
}

function objectIn(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return refuse('BAD_REQUEST', `${name} is not JSON`)
  }
}

function refuse(code: FailureCode, message: string): never {
  throw requestFailure(code, message)
}

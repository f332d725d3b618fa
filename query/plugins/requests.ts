import type { Plugin } from 'graphql-yoga'
import { limits } from '../../schema/limits.ts'
import { type FailureCode, requestFailure } from '../failures.ts'

/**
 * Takes GET, and POST of JSON, up to the body limit. No CORS headers are ever sent, so that no page of another site can read an answer; nor
 * can it make a browser ask costly questions: it cannot post a form here, and a browser says so when a request comes from another site.
 */
export function useRequests(): Plugin {
  return {
    onRequestParse({ request }) {
      if (request.headers.get('sec-fetch-site') === 'cross-site') {
        refuse('FORBIDDEN_ORIGIN', 'a page of another site may not ask questions here')
      }
      if (request.method !== 'POST') return
      const type = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
      if (type !== 'application/json') refuse('BAD_REQUEST', 'content-type must be application/json')
      const length = Number(request.headers.get('content-length') ?? 0)
      if (length > limits.queryBodyBytes) {
        refuse('BODY_TOO_LARGE', `the body has ${length} bytes; at most ${limits.queryBodyBytes} are allowed`)
      }
    },
  }
}

function refuse(code: FailureCode, message: string): never {
  throw requestFailure(code, message)
}

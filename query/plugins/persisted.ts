import { createHash } from 'node:crypto'
import type { Plugin } from 'graphql-yoga'
import type { OperationRequest, PersistedOperations } from '../persisted.ts'

/**
 * Puts the text in the place of a hash; and makes the answers to such questions by GET cacheable. What they say changes with every point, so a
 * cache must ask each time whether it still has the right one, and is told so in a line if it has (304); `private`, because the question was
 * asked with somebody's key. An `at` is part of the URL, and what includes a write once does so for ever: caching cannot break it.
 */
export function usePersistedOperations(operations: PersistedOperations): Plugin {
  const cacheable = new WeakSet<Request>()
  return {
    onParams({ params, setParams, request }) {
      const operation = operations.find(params as OperationRequest)
      if (!operation) return
      const { documentId: _, ...rest } = params as OperationRequest
      setParams({ ...(rest as typeof params), query: operation.text })
      if (request.method === 'GET') cacheable.add(request)
    },
    onResultProcess({ request, result }) {
      const failed = Array.isArray(result) || !('data' in result) || (result.errors ?? []).length > 0
      if (failed) cacheable.delete(request)
    },
    async onResponse({ request, response, setResponse, fetchAPI }) {
      if (response.headers.get('content-type')?.includes('json') !== true) return
      if (!cacheable.has(request)) {
        response.headers.set('cache-control', 'no-store')
        return
      }
      const body = await response.text()
      const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
      const headers = new fetchAPI.Headers(response.headers)
      headers.set('etag', etag)
      headers.set('cache-control', 'private, no-cache')
      headers.set('vary', 'accept, authorization')
      const known = (request.headers.get('if-none-match') ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
      setResponse(
        known.includes(etag)
          ? new fetchAPI.Response(null, { status: 304, headers })
          : new fetchAPI.Response(body, { status: response.status, headers }),
      )
    },
  }
}

import { type ExecutionArgs, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql'
import type { SubscribePayload } from 'graphql-ws'
import type { YogaServerInstance } from 'graphql-yoga'
import { requestFailure } from '../failures.ts'
import type { PersistedOperations } from '../persisted.ts'
import type { Viewer } from './viewer.ts'

/** A subscription that comes by WebSocket goes through the same plugins as a request. */
export function createSocketSubscribe<Server extends object, User extends object>(
  yoga: YogaServerInstance<Server, User>,
  operations: PersistedOperations,
  take: (request: object) => Viewer | undefined,
) {
  return async (payload: SubscribePayload, signal: AbortSignal) => {
    const { operationName, variables } = payload
    const query = operations.find(payload)?.text ?? payload.query
    // What the plugins want to know of a request.
    const request = { signal, headers: new Headers() }
    const { schema, parse, validate, contextFactory, subscribe } = yoga.getEnveloped({ request } as never)
    const document = parse(query)
    if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.SUBSCRIPTION)
      throw requestFailure('BAD_REQUEST', 'this way takes subscriptions only; ask questions by HTTP')
    for (const error of validate(schema, document) as readonly GraphQLError[]) throw invalid(error)
    const contextValue = await contextFactory()
    const variableValues = (variables ?? {}) as Record<string, unknown>
    const args: ExecutionArgs = { schema, document, operationName: operationName ?? null, variableValues, contextValue }
    const result = await subscribe(args)
    const viewer = take(request)
    if (viewer) return { viewer, args }
    throw (result as { errors?: readonly Error[] }).errors?.[0] ?? new TypeError('a subscription without a viewer')
  }
}

function invalid(error: GraphQLError): GraphQLError {
  if (error.extensions.code !== undefined) return error
  const extensions = { code: 'GRAPHQL_VALIDATION_FAILED', retryable: false }
  return new GraphQLError(error.message, { nodes: error.nodes ?? null, extensions })
}

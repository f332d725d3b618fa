import {
  type ExecutionArgs,
  type ExecutionResult,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLFormattedErrorExtensions,
  getOperationAST,
  getVariableValues,
  Kind,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { limits } from '../../schema/limits.ts'
import { type Cost, costOf } from '../cost.ts'
import { type FailureCode, failures, requestFailure } from '../failures.ts'

/** Computes what the answer may cost from the coerced variables, refuses what is too much, and reports it with the answer. */
export function useCostLimits(): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const cost = costOrFailure(args)
      if (cost instanceof GraphQLError) setResultAndStopExecution({ errors: [asRequestFailure(cost)] })
      if (!cost || cost instanceof GraphQLError) return undefined
      return {
        onExecuteDone({ result }) {
          const single = result as ExecutionResult
          single.extensions = { ...single.extensions, cost: { ...cost, pointsLimit: limits.pointsPerAnswer } }
        },
      }
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const cost = costOrFailure(args)
      if (cost instanceof GraphQLError) setResultAndStopExecution({ errors: [asRequestFailure(cost)] })
    },
  }
}

/** Undefined where there is no operation: the executor has the words for a missing or ambiguous one. */
function costOrFailure(args: ExecutionArgs): Cost | GraphQLError | undefined {
  const operation = getOperationAST(args.document, args.operationName)
  if (!operation) return undefined
  try {
    refuseDeepVariables(args.variableValues)
    const coerced = getVariableValues(args.schema, operation.variableDefinitions ?? [], args.variableValues ?? {})
    if (coerced.errors) throw requestFailure('BAD_INPUT', coerced.errors.map((e) => e.message).join('; '))
    const fragments = new Map<string, FragmentDefinitionNode>()
    for (const node of args.document.definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node)
    }
    const cost = costOf({ schema: args.schema, operation, fragments, variables: coerced.coerced })
    refuseTooMuch(cost)
    return cost
  } catch (error) {
    if (error instanceof GraphQLError) return error
    throw error
  }
}

function refuseTooMuch({ series, points }: Cost): void {
  if (series > limits.seriesPerAnswer) {
    throw requestFailure(
      'TOO_MANY_SERIES',
      `the answer would have ${series} series (runs x metrics); at most ${limits.seriesPerAnswer} are allowed`,
    )
  }
  if (points > limits.pointsPerAnswer) {
    throw requestFailure(
      'TOO_COSTLY',
      `the answer may have ${points} buckets and rows (runs x metrics x buckets, and rows of lists); at most ${limits.pointsPerAnswer} are allowed`,
    )
  }
}

function refuseDeepVariables(variables: unknown): void {
  let level = [variables]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.queryVariableDepth)
      throw requestFailure('TOO_DEEP', `a variable nests more than ${limits.queryVariableDepth} deep`)
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []))
  }
}

/** An argument that a resolver would refuse, found before anything ran: with the status of a request that failed. */
function asRequestFailure(error: GraphQLError): GraphQLError {
  const code = (error.extensions as GraphQLFormattedErrorExtensions & { code?: FailureCode }).code
  if (code === undefined || !(code in failures)) return requestFailure('BAD_INPUT', error.message)
  return requestFailure(code, error.message)
}

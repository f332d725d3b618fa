import { getOperationAST, Kind } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { Metrics } from '../../telemetry/metrics.ts'
import { type FailureCode, failureCodes } from '../failures.ts'

/** Times every operation by its root field and counts every error by its code. */
export function useMeasures(metrics: Metrics): Plugin {
  const observe = metrics.durations(
    'stepstream_query_seconds',
    'Time to answer an operation, by its root field',
    'field',
  )
  const errors = metrics.counters(
    'stepstream_query_errors_total',
    'Errors in answers to GraphQL questions',
    'code',
    failureCodes,
  )
  return {
    onExecute({ args }) {
      const begin = performance.now()
      const fields = new Set<string>()
      for (const node of getOperationAST(args.document, args.operationName)?.selectionSet.selections ?? []) {
        fields.add(node.kind === Kind.FIELD ? node.name.value : 'fragment')
      }
      const field = fields.size === 1 ? [...fields][0]! : 'several'
      return { onExecuteDone: () => observe(field, (performance.now() - begin) / 1000) }
    },
    onResultProcess({ result }) {
      for (const answer of Array.isArray(result) ? result : [result]) {
        if (!('errors' in answer)) continue
        for (const error of answer.errors ?? []) {
          const code = error.extensions?.code as FailureCode
          errors[code in errors ? code : 'INTERNAL'].value++
        }
      }
    },
  }
}

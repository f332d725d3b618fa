import {
  type ASTVisitor,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  parse,
  type SelectionSetNode,
  type Source,
  type ValidationContext,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { limits } from '../../schema/limits.ts'
import { requestFailure } from '../failures.ts'

/** Bounds what a document may look like before anything of it is run. Cycles of fragments are refused by GraphQL's own rules. */
export function useDocumentLimits(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string | Source) => parseBounded(source))
    },
    onValidate({ addValidationRule }) {
      addValidationRule(documentLimits)
    },
  }
}

/** @throws requestFailure for too many tokens, and for what is not GraphQL */
export function parseBounded(source: string | Source) {
  try {
    return parse(source, { maxTokens: limits.queryTokens })
  } catch (error) {
    const { message } = error as GraphQLError
    // GraphQL gives this error no code, only these words.
    const tokens = /contains more tha[nt] \d+ tokens/.test(message)
    throw tokens
      ? requestFailure('TOO_MANY_TOKENS', `the document has more than ${limits.queryTokens} tokens`)
      : requestFailure('GRAPHQL_PARSE_FAILED', message)
  }
}

/** A validation rule; the cache of validated documents knows it by its name. */
export function documentLimits(context: ValidationContext): ASTVisitor {
  const depthOf = createDepth(context)
  let aliases = 0
  return {
    Field(node) {
      if (node.alias && ++aliases === limits.queryAliases + 1) {
        context.reportError(
          requestFailure('TOO_MANY_ALIASES', `the document has more than ${limits.queryAliases} aliases`),
        )
      }
    },
    OperationDefinition(node) {
      const depth = depthOf(node.selectionSet)
      if (depth > limits.queryDepth) {
        context.reportError(
          requestFailure('TOO_DEEP', `the operation nests ${depth} fields deep; ${limits.queryDepth} are allowed`),
        )
      }
    },
  }
}

/** Depth in fields, each fragment measured once. Introspection is deep by nature and bounded by a rule of GraphQL's own. */
function createDepth(context: ValidationContext): (set: SelectionSetNode) => number {
  const measured = new Map<FragmentDefinitionNode, number>()

  function ofFragment(fragment: FragmentDefinitionNode | null | undefined): number {
    if (!fragment) return 0
    const known = measured.get(fragment)
    if (known !== undefined) return known
    // Ends a cycle.
    measured.set(fragment, 0)
    const depth = ofSet(fragment.selectionSet)
    measured.set(fragment, depth)
    return depth
  }

  function ofSet(set: SelectionSetNode): number {
    let deepest = 0
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        if (node.name.value === '__schema' || node.name.value === '__type') continue
        deepest = Math.max(deepest, 1 + (node.selectionSet ? ofSet(node.selectionSet) : 0))
      } else if (node.kind === Kind.INLINE_FRAGMENT) deepest = Math.max(deepest, ofSet(node.selectionSet))
      else deepest = Math.max(deepest, ofFragment(context.getFragment(node.name.value)))
    }
    return deepest
  }
  return ofSet
}

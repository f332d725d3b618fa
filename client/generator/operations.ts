import { createHash } from 'node:crypto'
import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  typeFromAST,
  validate,
} from 'graphql'
import type { Example } from '../../query/examples.ts'

export type MadeOperation = {
  readonly name: string
  readonly kind: string
  readonly title: string
  readonly document: DocumentNode
  /** What is sent, and what its hash is of. */
  readonly text: string
  readonly hash: string
  /** Where in the variables the token of a write goes. */
  readonly at: readonly (readonly string[])[]
}

/** The documented questions as operations. @throws Error for one that does not fit the schema, or a name that is there twice */
export function readOperations(schemaDocument: DocumentNode, examples: readonly Example[]): MadeOperation[] {
  const schema = buildASTSchema(schemaDocument)
  const names = new Set<string>()
  return examples.map(({ name, title, document: text }) => {
    const document = parse(text)
    const faults = validate(schema, document)
    if (faults.length > 0) throw new Error(`${name}: ${faults[0]!.message}`)
    if (names.has(name)) throw new Error(`two questions are named ${name}`)
    names.add(name)
    const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)!
    const sent = print(document)
    const hash = createHash('sha256').update(sent).digest('hex')
    return { name, title, document, text: sent, hash, kind: operation.operation, at: placesOfAt(schema, operation) }
  })
}

/** A variable `at`, or an input object that has a field `at`. */
function placesOfAt(schema: GraphQLSchema, operation: OperationDefinitionNode): string[][] {
  return (operation.variableDefinitions ?? []).flatMap(({ variable, type: node }) => {
    const name = variable.name.value
    const type = getNamedType(typeFromAST(schema, node as never))
    if (name === 'at') return [['at']]
    return isInputObjectType(type) && type.getFields().at ? [[name, 'at']] : []
  })
}

export function operationsText(operations: readonly MadeOperation[]): string {
  const made = operations.map(({ name, kind, title, text, hash, at }) => {
    const suffix = kind === 'subscription' ? 'Subscription' : 'Query'
    return `/** ${title} */
export const ${name}: Operation<${name}${suffix}, ${name}${suffix}Variables> = {
  name: '${name}',
  kind: '${kind}',
  hash: '${hash}',
  at: ${JSON.stringify(at)},
  text: ${template(text)},
}
`
  })
  return made.join('\n')
}

const template = (text: string) => `\`${text.replace(/[\\`]|\$\{/g, (found) => `\\${found}`)}\``

/** As `PERSISTED_OPERATIONS` reads it: texts by their hash. */
export function manifestOf(operations: readonly MadeOperation[]): Record<string, string> {
  return Object.fromEntries(operations.map(({ hash, text }) => [hash, text]))
}

import { readFileSync } from 'node:fs'
import {
  astFromValue,
  buildSchema,
  type ConstValueNode,
  type GraphQLInputType,
  type GraphQLSchema,
  type NamedTypeNode,
  parse,
  print,
  typeFromAST,
  visit,
} from 'graphql'
import { packageFile } from '../schema/files.ts'

/** A question of `docs/questions.md`: what GraphiQL offers, the client has as an operation, and a test asks. */
export type Example = {
  readonly chapter: string
  readonly title: string
  /** Name of its operation. */
  readonly name: string
  readonly document: string
  readonly variables: Readonly<Record<string, unknown>>
}

/** `##` begins a chapter, `###` a question, which has one block of `graphql` and one of `json`. @throws Error naming what is wrong */
export function readExamples(markdown = readFileSync(packageFile('docs/questions.md'), 'utf8')): Example[] {
  const chapters = markdown.split(/^## /m).slice(1)
  return chapters.flatMap((text) => {
    const chapter = text.slice(0, text.indexOf('\n'))
    return text
      .split(/^### /m)
      .slice(1)
      .map((question) => readExample(chapter, question))
  })
}

function readExample(chapter: string, text: string): Example {
  const title = text.slice(0, text.indexOf('\n'))
  const [document, ...otherDocuments] = blocks(text, 'graphql')
  const [variables, ...otherVariables] = blocks(text, 'json')
  const name = /^(?:query|subscription) (\w+)/m.exec(document ?? '')?.[1]
  if (!document || !variables || !name || otherDocuments.length + otherVariables.length > 0)
    throw new Error(`docs/questions.md: "${title}" needs one named operation and one object of variables`)
  // GraphiQL sends every fragment of its tab with each operation, where those of others are refused as not used.
  if (/^fragment /m.test(document)) throw new Error(`docs/questions.md: "${title}" must do without fragments`)
  return { chapter, title, name, document, variables: JSON.parse(variables) as Example['variables'] }
}

const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map((match) => match[1]!)

/**
 * A chapter as one document with all of its operations, as GraphiQL shows them: each with its variables as defaults, for a page has one set of
 * variables for all of them.
 */
export function readTabs(examples: readonly Example[] = readExamples()): { chapter: string; query: string }[] {
  const schema = buildSchema(readFileSync(packageFile('schema/api.graphql'), 'utf8'))
  const chapters = [...new Set(examples.map((example) => example.chapter))]
  return chapters.map((chapter) => {
    const own = examples.filter((example) => example.chapter === chapter)
    const questions = own.map(
      ({ title, document, variables }) => `# ${title}\n${withDefaults(schema, document, variables)}`,
    )
    return { chapter, query: questions.join('\n\n') }
  })
}

function withDefaults(schema: GraphQLSchema, document: string, variables: Example['variables']): string {
  return print(
    visit(parse(document), {
      VariableDefinition(node) {
        const value = variables[node.variable.name.value]
        if (value === undefined) return undefined
        // Without the resolvers the values of enums are their names, and scalars what JSON has.
        const defaultValue = astFromValue(value, typeFromAST(schema, node.type as NamedTypeNode) as GraphQLInputType)
        return defaultValue ? { ...node, defaultValue: defaultValue as ConstValueNode } : undefined
      },
    }),
  )
}

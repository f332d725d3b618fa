import { readFileSync } from 'node:fs'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { type DocumentNode, parse } from 'graphql'
import { readExamples } from '../../query/examples.ts'
import { failures } from '../../query/failures.ts'
import { packageFile } from '../../schema/files.ts'
import { manifestOf, operationsText, readOperations } from './operations.ts'

const folder = 'client/typescript/generated'
const head = '// Made by `npm run client` from schema/api.graphql, docs/questions.md and query/failures.ts.\n'

/** Scalars as JSON has them; enums as their names. */
const config = {
  scalars: {
    ID: 'string',
    JSON: 'unknown',
    Time: { input: 'string | number', output: 'string' },
    Step: 'number',
    Count: 'number',
    Value: 'Value',
    Steps: 'readonly number[]',
    Counts: 'readonly number[]',
    Times: 'readonly number[]',
    Values: 'readonly (Value | null)[]',
    Packed: 'Packed',
  },
  strictScalars: true,
  enumType: 'string-literal',
  enumsAsTypes: true,
  immutableTypes: true,
  namingConvention: 'keep',
  skipTypename: true,
  useTypeImports: true,
}

/** Text of every generated file, by its path from the root. */
export async function generate(): Promise<Map<string, string>> {
  const schema = parse(readFileSync(packageFile('schema/api.graphql'), 'utf8'))
  const operations = readOperations(schema, readExamples())
  const types = await typesOf(schema, [], { typescript })
  const answers = await typesOf(
    schema,
    operations.map(({ document }) => document),
    { typescriptOperations },
  )
  return new Map([
    [`${folder}/schema.ts`, `${head}import type { Packed, Value } from '../columns.ts'\n\n${types}`],
    [
      `${folder}/operations.ts`,
      `${head}import type { Packed, Value } from '../columns.ts'\nimport type { Operation } from '../operation.ts'\n\n${answers}\n${operationsText(operations)}`,
    ],
    [`${folder}/operations.json`, `${JSON.stringify(manifestOf(operations), undefined, 2)}\n`],
    [`${folder}/failures.ts`, failuresText()],
    ['docs/questions.md', withCodes(readFileSync(packageFile('docs/questions.md'), 'utf8'))],
  ])
}

type PluginMap = Parameters<typeof codegen>[0]['pluginMap']

async function typesOf(schema: DocumentNode, documents: readonly DocumentNode[], plugins: PluginMap): Promise<string> {
  const text = await codegen({
    filename: 'generated.ts',
    schema,
    documents: documents.map((document, i) => ({ location: `${i}.graphql`, document })),
    plugins: Object.keys(plugins).map((name) => ({ [name]: config })),
    pluginMap: plugins,
    config: {},
  })
  return `${text
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`
}

function failuresText(): string {
  const rows = Object.entries(failures).map(
    ([code, { retryable, means }]) => `  /** ${means} */\n  ${code}: { retryable: ${retryable} },\n`,
  )
  return `${head}\n/** The server's error codes, and whether asking again can help. */\nexport const failures = {\n${rows.join('')}} as const\n\nexport type FailureCode = keyof typeof failures\n`
}

/** The page with its table of codes. */
function withCodes(page: string): string {
  const head = ['code', 'status', 'retryable', 'means']
  const rows = Object.entries(failures).map(([code, { status, retryable, means }]) => [
    `\`${code}\``,
    String(status),
    retryable ? 'yes' : 'no',
    means,
  ])
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  const table = [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)]
  return page.replace(
    /(<!-- codes: .*-->\n)[\s\S]*(<!-- \/codes -->)/,
    (_, begin, end) => `${begin}\n${table.join('\n')}\n\n${end}`,
  )
}

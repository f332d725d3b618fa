import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compare, comparisonTable, type Json } from './compare.ts'
import { help } from './help.ts'
import { runIngest } from './ingest.ts'
import { type IngestOptions, parseIngestOptions, part } from './options.ts'
import { createProgress } from './progress.ts'
import { parseQueryOptions, type QueryOptions } from './query/options.ts'
import { runQuery } from './query/query.ts'
import type { QueryResult } from './query/results.ts'
import { querySummary } from './query/summary.ts'
import { questionsReport } from './report/questions.ts'
import { report } from './report/report.ts'
import type { IngestResult } from './results.ts'
import { differences, summary } from './summary.ts'
import { UsageError } from './usage-error.ts'

/** What ends the process, by how it went. */
const exitCodes = { well: 0, failed: 1, usage: 2, worse: 3 } as const

async function main(args: string[]): Promise<number> {
  const [command, ...rest] = args
  if (command === '--help' || rest.includes('--help')) {
    process.stdout.write(help)
    return exitCodes.well
  }
  switch (command) {
    case 'ingest':
      return ingest(parseIngestOptions(rest))
    case 'query':
      return query(parseQueryOptions(rest))
    case 'compare':
      return compareFiles(rest)
    case 'report':
      return reportFile(rest)
    default:
      throw new UsageError(`unknown benchmark: ${command ?? '(none)'}`)
  }
}

async function ingest(options: IngestOptions): Promise<number> {
  // Read first: a run would be lost to a mistake in a name.
  const before = options.compare === undefined ? undefined : readResult(options.compare)
  const result = await runIngest(options, createProgress(process.stderr))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
  if (options.html !== undefined) writeFileSync(options.html, report(result))
  process.stdout.write(`\n${summary(result)}\n`)
  if (result.storedExactly === false) {
    process.stderr.write(`\nNOT STORED EXACTLY\n${differences(result)}\n`)
    return exitCodes.failed
  }
  return before === undefined ? exitCodes.well : compared(before, toJson(result), options.tolerance)
}

async function query(options: QueryOptions): Promise<number> {
  const before = options.compare === undefined ? undefined : readResult(options.compare)
  const result = await runQuery(options, createProgress(process.stderr))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
  if (options.html !== undefined) writeFileSync(options.html, questionsReport(result))
  process.stdout.write(`\n${querySummary(result)}\n`)
  if (!result.verified) return exitCodes.failed
  return before === undefined ? exitCodes.well : compared(before, toJson(result), options.tolerance)
}

function compareFiles(args: string[]): number {
  const { positionals, values } = usage(() =>
    parseArgs({ args, allowPositionals: true, options: { tolerance: { type: 'string', default: '0.1' } } }),
  )
  const [before, after] = positionals
  if (positionals.length !== 2) throw new UsageError('compare takes two files: OLD.json NEW.json')
  return compared(readResult(before!), readResult(after!), part('tolerance', values.tolerance))
}

function compared(before: Json, after: Json, tolerance: number): number {
  const comparison = compare(before, after, tolerance)
  process.stdout.write(`\n${comparisonTable(comparison)}\n`)
  return comparison.worse ? exitCodes.worse : exitCodes.well
}

function reportFile(args: string[]): number {
  const [from, to] = args
  if (args.length !== 2) throw new UsageError('report takes two files: RESULT.json FILE.html')
  const result = readResult(from!) as unknown as IngestResult | QueryResult
  writeFileSync(to!, isQuery(result) ? questionsReport(result) : report(result))
  return exitCodes.well
}

function readResult(path: string): Json {
  const result = usage(() => JSON.parse(readFileSync(path, 'utf8')) as Json)
  const benchmark = (result as { benchmark?: Json } | null)?.benchmark
  if (benchmark === 'ingest' || benchmark === 'query') return result
  throw new UsageError(`${path} is no result of this benchmark`)
}

const isQuery = (result: IngestResult | QueryResult): result is QueryResult => result.benchmark === 'query'

const toJson = (result: object): Json => JSON.parse(JSON.stringify(result)) as Json

/** What goes wrong here is a mistake of the user's. */
function usage<Value>(work: () => Value): Value {
  try {
    return work()
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(exitCodes.usage)
  }
  process.stderr.write(`\nbenchmark failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(exitCodes.failed)
}

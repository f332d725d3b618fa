import { writeFileSync } from 'node:fs'
import { runIngest } from './ingest.ts'
import { help, parseIngestOptions, UsageError } from './options.ts'
import { createProgress } from './progress.ts'
import { differences, summary } from './summary.ts'

async function main(args: string[]): Promise<number> {
  const [command, ...rest] = args
  if (command === '--help' || rest.includes('--help')) {
    process.stdout.write(help)
    return 0
  }
  if (command !== 'ingest') throw new UsageError(`unknown benchmark: ${command ?? '(none)'}`)
  const options = parseIngestOptions(rest)
  const result = await runIngest(options, createProgress(process.stderr))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`\n${summary(result)}\n`)
  if (result.storedExactly !== false) return 0
  process.stderr.write(`\nNOT STORED EXACTLY\n${differences(result)}\n`)
  return 1
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
  process.stderr.write(`\nbenchmark failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

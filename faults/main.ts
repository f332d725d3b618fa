import { writeFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { createProgress } from '../bench/progress.ts'
import { runCanaries, summarizeCanaries } from './canaries.ts'
import { UsageError } from './failures.ts'
import { help, parseOptions } from './options.ts'
import { summary } from './result.ts'
import { runScenario } from './run.ts'

async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(help)
    return 0
  }
  const options = parseOptions(args)
  const progress = createProgress(process.stderr)
  progress.step(`scenario ${options.scenario} on ${options.log}, --seed ${options.seed}`)
  const finish = (result: { readonly clean: boolean }, text: string) => {
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
    process.stdout.write(`\n${text}\n`)
    return result.clean ? 0 : 1
  }
  if (options.scenario === 'canaries') {
    const result = await runCanaries(options, progress)
    return finish(result, summarizeCanaries(result))
  }
  const report = await runScenario({ options, environment: {}, progress, damaged: 'keep' })
  return finish(report, summary(report))
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
  process.stderr.write(`\nthe harness failed: ${inspect(error)}\n`)
  process.exit(3)
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createProgress } from '../bench/progress.ts'
import { UsageError } from './failures.ts'
import { help, parseOptions } from './options.ts'
import { resultOf, summary } from './result.ts'
import { planScenario } from './scenarios.ts'
import { runTrial } from './trial.ts'
import { createWorld } from './worlds.ts'

async function main(args: string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(help)
    return 0
  }
  const options = parseOptions(args)
  const progress = createProgress(process.stderr)
  progress.step(`scenario ${options.scenario} on ${options.log}, --seed ${options.seed}`)
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-faults-'))
  const world = await createWorld(options.log, directory, {})
  const trial = await runTrial(world, {
    ...planScenario(world, options),
    onProgress: progress.update,
    onFault: (text) => (options.verbose ? progress.step(`  ${text}`) : undefined),
  })
  const result = resultOf(options, trial)
  await world.stop()
  rmSync(directory, { recursive: true, force: true })
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`\n${summary(result)}\n`)
  return result.clean ? 0 : 1
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
  process.stderr.write(`\nthe harness failed: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(3)
}

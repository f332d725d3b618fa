import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onExit } from '../bench/cleanup.ts'
import type { Progress } from '../bench/progress.ts'
import { keepData } from './keep.ts'
import type { Options } from './options.ts'
import { type Result, resultOf } from './result.ts'
import { planScenario } from './scenarios.ts'
import { runTrial } from './trial.ts'
import { startWorld } from './worlds.ts'

export type Report = Result & {
  /** Where data and logs are, when something was wrong or they were asked for. */
  readonly keptIn: string | undefined
}

export type RunOptions = {
  readonly options: Options
  /** Settings of our servers. */
  readonly environment: Readonly<Record<string, string>>
  readonly progress: Progress
  /** Data of a world with damage. */
  readonly damaged: 'keep' | 'discard'
}

/** Runs a scenario on a world of its own. Data and logs stay where something is wrong, also when the harness itself fails. */
export async function runScenario(run: RunOptions): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-faults-'))
  const kept = join(directory, 'kept')
  const leave = onExit(() => {
    if (!existsSync(kept)) rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  })
  try {
    const result = await runIn(run, join(directory, 'world'), kept)
    return { ...result, keptIn: existsSync(kept) ? kept : undefined }
  } catch (error) {
    if (existsSync(kept)) run.progress.step(`data and logs are in ${kept}`)
    throw error
  } finally {
    leave()
  }
}

async function runIn(run: RunOptions, directory: string, kept: string): Promise<Result> {
  const { options, environment, progress } = run
  const world = await startWorld(options, directory, environment)
  let keep = true
  try {
    const trial = await runTrial(world, {
      ...planScenario(world, options),
      onProgress: progress.update,
      onFault: (text) => (options.verbose ? progress.step(`  ${text}`) : undefined),
    })
    const result = resultOf(options, trial)
    keep = options.keep || (!result.clean && run.damaged === 'keep')
    return result
  } finally {
    if (keep) await keepData(world, directory, kept).catch((error) => progress.step(`nothing is kept: ${error}`))
    await world.stop()
  }
}

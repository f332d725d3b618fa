import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onExit } from '../bench/cleanup.ts'
import type { Progress } from '../bench/progress.ts'
import type { WorldOptions } from './embedded-world.ts'
import type { Options } from './options.ts'
import { type Result, resultOf } from './result.ts'
import { planScenario } from './scenarios.ts'
import { runTrial } from './trial.ts'
import type { World } from './world.ts'
import { createWorld } from './worlds.ts'

export type Report = Result & {
  /** Where data and logs are, when something was wrong or they were asked for. */
  readonly keptIn: string | undefined
}

/** Runs a scenario on a world of its own. Data and logs stay where something is wrong, also when the harness itself fails. */
export async function runScenario(
  options: Options,
  settings: WorldOptions['settings'],
  progress: Progress,
  damaged: 'keep' | 'discard' = 'keep',
): Promise<Report> {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-faults-'))
  let keep = false
  const leave = onExit(() => {
    if (!keep) rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  })
  try {
    const result = await runIn(options, directory, settings, progress)
    keep = options.keep || (!result.clean && damaged === 'keep')
    return { ...result, keptIn: keep ? directory : undefined }
  } catch (error) {
    keep = true
    progress.step(`data and logs are in ${directory}`)
    throw error
  } finally {
    leave()
  }
}

async function runIn(
  options: Options,
  directory: string,
  settings: WorldOptions['settings'],
  progress: Progress,
): Promise<Result> {
  const world = await createWorld(options, directory, settings)
  try {
    const trial = await runTrial(world, {
      ...planScenario(world, options),
      onProgress: progress.update,
      onFault: (text) => (options.verbose ? progress.step(`  ${text}`) : undefined),
    })
    return resultOf(options, trial)
  } finally {
    writeLogs(world, join(directory, 'logs'))
    await world.stop()
  }
}

function writeLogs(world: World, directory: string): void {
  mkdirSync(directory, { recursive: true })
  for (const node of Object.values(world.nodes).flat())
    writeFileSync(join(directory, `${node.name}.log`), node.output())
}

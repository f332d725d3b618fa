import { diskAbilities } from './disk.ts'
import { createEmbeddedWorld, type WorldOptions } from './embedded-world.ts'
import { UsageError } from './failures.ts'
import type { Options } from './options.ts'
import type { World } from './world.ts'

/** Starts a deployment whose data is under `directory`. */
export async function createWorld(
  options: Options,
  directory: string,
  settings: WorldOptions['settings'],
): Promise<World> {
  if (options.log === 'kafka') throw new UsageError('--log kafka is not built yet')
  const diskMegabytes = await chooseDisk(options)
  return await createEmbeddedWorld({ directory, settings, diskMegabytes })
}

/** Room for the log and the store with all their parts; undefined where a scenario needs no such disk or this machine cannot make one. */
async function chooseDisk({ scenario, points }: Options): Promise<number | undefined> {
  const needed = scenario === 'disk-full' || scenario === 'disk-slow'
  if (!needed && scenario !== 'mix') return undefined
  const { fill, stall } = await diskAbilities()
  const lacking = scenario === 'disk-slow' ? stall : fill
  if (needed && !lacking.able) throw new UsageError(`${scenario} cannot be done here: ${lacking.reason}`)
  return fill.able && stall.able ? 256 + Math.ceil((points * 200) / 2 ** 20) : undefined
}

import { diskAbilities } from './disk.ts'
import { startEmbeddedWorld } from './embedded-world.ts'
import { UsageError } from './failures.ts'
import type { Options } from './options.ts'
import { startSplitWorld } from './split-world.ts'
import type { World } from './world.ts'

/** Starts a deployment whose data is in `directory`, or on disks of its own. */
export async function startWorld(
  options: Options,
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<World> {
  const megabytes = await chooseDisk(options)
  if (options.log === 'embedded') return await startEmbeddedWorld({ directory, environment, diskMegabytes: megabytes })
  const { brokers, gateways, sinks, partitions, seed } = options
  const disks = megabytes === undefined ? {} : { disks: { broker: megabytes, store: megabytes } }
  return await startSplitWorld({ directory, brokers, gateways, sinks, partitions, seed, environment, ...disks })
}

/** Room for a log and a store with all their parts; undefined where a scenario needs no such disk or this machine cannot make one. */
async function chooseDisk({ scenario, points }: Options): Promise<number | undefined> {
  const needed = scenario === 'disk-full' || scenario === 'disk-slow'
  if (!needed && scenario !== 'mix') return undefined
  const { fill, stall } = await diskAbilities()
  const lacking = scenario === 'disk-slow' ? stall : fill
  if (needed && !lacking.able) throw new UsageError(`${scenario} cannot be done here: ${lacking.reason}`)
  return fill.able && stall.able ? 512 + Math.ceil((points * 200) / 2 ** 20) : undefined
}

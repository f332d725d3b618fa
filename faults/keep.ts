import { cp, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { World } from './world.ts'

/** Ends every node of a world and puts its data and logs where the end of the world does not reach them. */
export async function keepData(world: World, directory: string, kept: string): Promise<void> {
  const nodes = Object.values(world.nodes).flat()
  await mkdir(kept, { recursive: true })
  for (const node of nodes) {
    await node.kill()
    await writeFile(join(kept, `${node.name}.log`), node.output())
  }
  for (const disk of world.disks) {
    const { path } = disk as { path?: string }
    if (path !== undefined) await cp(path, join(kept, `disk-${disk.name}`), { recursive: true })
  }
  await rename(directory, join(kept, 'world'))
}

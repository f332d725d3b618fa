/** Disks for data folders that can be full and slow. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type MountKind, mountNew, removeLeftovers, run, unmount } from './mounts.ts'
import type { Disk } from './world.ts'

export type SmallDisk = Disk & {
  /** The folder where it is mounted. */
  readonly path: string
  /** Whether it is full or stalled now. */
  faulty(): boolean
  /** Whether it was in the last 5 s: what cannot write may end a little later. */
  wasFaulty(): boolean
  unmount(): Promise<void>
}
export type Ability = { readonly able: true } | { readonly able: false; readonly reason: string }

/** What disks can do on this machine: being filled needs a mount, being stalled a loop device and a freezable file system. */
export function diskAbilities(): Promise<{ readonly fill: Ability; readonly stall: Ability }> {
  abilities ??= tryAbilities()
  return abilities
}
let abilities: ReturnType<typeof tryAbilities> | undefined

async function tryAbilities() {
  await removeLeftovers()
  return {
    fill: await attempt(async () => unmount(await mountNew('memory', 'probe', 1))),
    stall: await attempt(async () => {
      const path = await mountNew('image', 'probe', 8)
      try {
        await run('fsfreeze', '--freeze', path)
        await run('fsfreeze', '--unfreeze', path)
      } finally {
        await unmount(path)
      }
    }),
  }
}

async function attempt(work: () => Promise<void>): Promise<Ability> {
  if (process.platform !== 'linux') return { able: false, reason: 'disks are mounted on Linux only' }
  if (process.getuid?.() !== 0) return { able: false, reason: 'mounting needs root' }
  try {
    await work()
    return { able: true }
  } catch (error) {
    return { able: false, reason: (error as Error).message }
  }
}

/** A new empty disk. Where stalls are not possible it is one that can only be filled; throws the reason where neither is. */
export async function createDisk(options: { readonly name: string; readonly megabytes: number }): Promise<SmallDisk> {
  const { fill, stall } = await diskAbilities()
  if (!fill.able) throw new Error(`no disk can be made: ${fill.reason}`)
  const kind: MountKind = stall.able ? 'image' : 'memory'
  const path = await mountNew(kind, options.name, options.megabytes)
  let stalls: Promise<void> = Promise.resolve()
  let stalled = 0
  let healthyAtMs = Number.NEGATIVE_INFINITY
  const ballast = createBallast(join(path, 'ballast'), () => stalled > 0)
  const faulty = () => ballast.loaded() || stalled > 0

  return {
    name: options.name,
    path,
    faulty,
    wasFaulty: () => faulty() || performance.now() - healthyAtMs < aftermathMs,
    async fill() {
      await stalls
      await ballast.load()
    },
    async free() {
      await stalls
      if (ballast.loaded()) healthyAtMs = performance.now()
      await ballast.drop()
    },
    /** Resolves when writes go on again. */
    async stall(ms) {
      if (!stall.able) throw new Error(`disks cannot be stalled: ${stall.reason}`)
      stalled++
      const turn = stalls.then(() => freeze(path, ms))
      stalls = turn.catch(() => {})
      await turn.finally(() => {
        stalled--
        healthyAtMs = performance.now()
      })
    },
    async unmount() {
      await stalls
      await ballast.drop()
      await unmount(path)
    },
  }
}

/** Freezes for so long in a process of its own, so that writes go on even if this one dies meanwhile. */
async function freeze(path: string, ms: number): Promise<void> {
  const script = 'fsfreeze --freeze "$1" && { sleep "$2"; fsfreeze --unfreeze "$1"; }'
  const child = spawn('/bin/sh', ['-c', script, 'sh', path, String(ms / 1000)], { stdio: 'ignore', detached: true })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`${path} could not be frozen`)
}

const pollMs = 20
const aftermathMs = 5_000

/**
 * A file that takes all the room there is, also what others give back while it is loaded; but writes nothing while the disk is
 * stalled, for node has few threads that may hang.
 */
function createBallast(path: string, isStalled: () => boolean) {
  let wanted = false
  let keeping: Promise<void> = Promise.resolve()

  /** Appends blocks until none fits. Synced, for what waits to be written is counted for more than it takes. */
  async function takeAll(): Promise<void> {
    const file = await open(path, 'a')
    try {
      let fitted: boolean
      do {
        fitted = false
        for (const size of [1024 * 1024, 4096]) {
          const block = Buffer.alloc(size, 0xb5)
          while (wanted && (await append(file, block))) fitted = true
        }
        if (fitted) await file.datasync()
      } while (fitted && wanted)
    } finally {
      await file.close()
    }
  }
  async function keepTaking(): Promise<void> {
    while (wanted) {
      if (!isStalled()) await takeAll()
      await sleep(pollMs)
    }
  }

  return {
    loaded: () => wanted,
    async load(): Promise<void> {
      if (wanted) return
      wanted = true
      await takeAll()
      keeping = keepTaking()
    },
    async drop(): Promise<void> {
      wanted = false
      await keeping
      await rm(path, { force: true })
    },
  }
}

/** False when there is no room. */
async function append(file: Awaited<ReturnType<typeof open>>, block: Buffer): Promise<boolean> {
  try {
    const { bytesWritten } = await file.write(block)
    return bytesWritten === block.length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}

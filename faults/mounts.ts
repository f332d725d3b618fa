/** Small file systems of our own, named after the process that made them, so that those of dead processes can be found. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

/** `memory`: tmpfs. `image`: ext4 in a file, through a loop device. */
export type MountKind = 'memory' | 'image'

const execute = promisify(execFile)
const unmountMs = 10_000
let made = 0

/** Runs a program; throws with what it said. */
export async function run(program: string, ...options: string[]): Promise<void> {
  try {
    await execute(program, options)
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    throw new Error(`${program} ${options.join(' ')}: ${stderr?.trim() || message}`)
  }
}

/** Mounts a new file system of so many MiB and gives its folder. Throws what the machine says where it cannot. */
export async function mountNew(kind: MountKind, name: string, megabytes: number): Promise<string> {
  if (!/^[\w-]+$/.test(name)) throw new Error(`a disk's name is made of letters, digits, _ and -: ${name}`)
  const path = join(tmpdir(), `${prefix}${process.pid}-${startedAt(process.pid)}-${++made}-${name}`)
  await mkdir(path)
  try {
    if (kind === 'memory') await run('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m`, 'stepstream', path)
    else {
      const file = await open(imageOf(path), 'wx')
      await file.truncate(megabytes * 1024 * 1024)
      await file.close()
      // No blocks are kept for root, and nothing is written in the background later.
      await run('mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'lazy_itable_init=0,lazy_journal_init=0', imageOf(path))
      await run('mount', '-o', 'loop,noatime', imageOf(path), path)
    }
    return path
  } catch (error) {
    await removeFolder(path)
    throw error
  }
}

/** Unmounts and removes it; when somebody keeps files open there, at the latest when these close. */
export async function unmount(path: string): Promise<void> {
  const deadline = performance.now() + unmountMs
  while (await isMounted(path)) {
    if (performance.now() > deadline) {
      await run('umount', '--lazy', path)
      break
    }
    try {
      await run('umount', path)
    } catch {
      await sleep(50)
    }
  }
  await removeFolder(path)
}

/** Removes what processes that no longer run have left; gives the folders. */
export async function removeLeftovers(): Promise<string[]> {
  const folders = (await readdir(tmpdir())).map((name) => join(tmpdir(), name))
  // Mounts also where another process had its temporary files.
  const left = [...new Set([...folders, ...(await mountPoints())])].filter((path) => {
    const owner = namePattern.exec(basename(path))
    return owner !== null && startedAt(Number(owner[1])) !== owner[2]
  })
  for (const path of left) {
    // A frozen one would hang.
    await run('fsfreeze', '--unfreeze', path).catch(() => {})
    await unmount(path)
  }
  return left
}

const prefix = 'stepstream-disk-'
const imageEnding = '.img'
const namePattern = /^stepstream-disk-(\d+)-(\d+)-\d+-[\w-]+$/
const imageOf = (path: string) => path + imageEnding

/** When a process began, in ticks: with its number, who it is. */
function startedAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // After the name, which may contain anything.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}

const isMounted = async (path: string) => (await mountPoints()).includes(path)

async function mountPoints(): Promise<string[]> {
  const mounts = await readFile('/proc/mounts', 'utf8')
  return mounts.split('\n').map((line) => line.split(' ')[1] ?? '')
}

async function removeFolder(path: string): Promise<void> {
  // Never what lies beyond a mount that stayed.
  if (!namePattern.test(basename(path)) || (await isMounted(path))) return
  await rm(path, { recursive: true, force: true })
  await rm(imageOf(path), { force: true })
}

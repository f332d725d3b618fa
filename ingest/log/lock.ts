import { randomBytes } from 'node:crypto'
import { readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Another living process has the log open, or several began to open it at the same moment. */
export class LogLocked extends Error {
  constructor(directory: string, pid: number) {
    super(`log ${directory} is open in process ${pid}`)
    this.name = 'LogLocked'
  }
}

/**
 * Keeps other processes out of a directory; returns the function that lets them in again. Each starter makes an empty file
 * whose name says who it is, `lock.<pid>.<start>.<boot>.<random>`, and only then looks for others: of two, the later one
 * sees the earlier. A name never comes to life again, so files of processes that are gone are removed without a race,
 * which a single lock file that is taken over cannot offer. Two starters at one moment may refuse each other.
 * It holds among processes that see each other: of one machine and one PID namespace.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const boot = await bootId()
  const mine = `lock.${process.pid}.${await startOf(process.pid)}.${boot}.${randomBytes(8).toString('hex')}`
  const release = () => unlink(join(directory, mine))
  await writeFile(join(directory, mine), '', { flag: 'wx' })
  for (const name of await readdir(directory)) {
    const match = /^lock\.(\d+)\.([^.]+)\.([^.]+)\.[0-9a-f]{16}$/.exec(name)
    if (!match || name === mine) continue
    const pid = Number(match[1])
    if (match[3] === boot && (await isAlive(pid, match[2]!))) {
      await release()
      throw new LogLocked(directory, pid)
    }
    // Another starter may be removing it as well.
    await unlink(join(directory, name)).catch(ignoreMissing)
  }
  return release
}

async function isAlive(pid: number, start: string): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // Process ids are used again; the start time tells the holder from a newcomer with its number.
  return start === (await startOf(pid))
}

/** When a process started, in clock ticks since boot, or `-` where the system does not tell. */
async function startOf(pid: number): Promise<string> {
  const stat = await readText(`/proc/${pid}/stat`)
  // The second field, the name in parentheses, may hold spaces; field 22 is the twentieth after it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-'
}

async function bootId(): Promise<string> {
  return (await readText('/proc/sys/kernel/random/boot_id'))?.trim() ?? '-'
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'latin1').catch(ignoreMissing)
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error
}

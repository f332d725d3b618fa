import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { arch, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { packageFile } from '../schema/files.ts'

/** Linux counts a process's time in hundredths of a second for every program, whatever the kernel was built with. */
const ticksPerSecond = 100

/** User and system time of a process and all its threads so far. */
export function processCpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name in parentheses may hold spaces; utime and stime are fields 14 and 15, the field after the name is 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** Of all cores together since the start of the system. `steal`: what other machines on the same hardware took. */
export type SystemSeconds = { readonly busy: number; readonly ioWait: number; readonly steal: number }

/** Undefined where the system does not tell. */
export function systemSeconds(path = '/proc/stat'): SystemSeconds | undefined {
  if (!existsSync(path)) return undefined
  const line = readFileSync(path, 'latin1').split('\n', 1)[0] ?? ''
  const [user = 0, nice = 0, system = 0, , ioWait = 0, irq = 0, softIrq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) / ticksPerSecond)
  return { busy: user + nice + system + irq + softIrq, ioWait, steal }
}

/** The memory a process holds. */
export function residentBytes(pid: number): number {
  return statusBytes(pid, /^VmRSS:\s+(\d+) kB$/m)
}

/** The most memory a process has held so far. */
export function peakResidentBytes(pid: number): number {
  return statusBytes(pid, /^VmHWM:\s+(\d+) kB$/m)
}

function statusBytes(pid: number, line: RegExp): number {
  return Number(line.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1_024
}

/** Space taken by everything under a directory; files that vanish meanwhile count nothing. */
export function directoryBytes(path: string): number {
  const status = lstatSync(path, { throwIfNoEntry: false })
  if (status === undefined) return 0
  if (!status.isDirectory()) return status.blocks * 512
  return readdirSync(path).reduce((sum, name) => sum + directoryBytes(join(path, name)), 0)
}

export type Machine = {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
}

export function machine(): Machine {
  const cores = cpus()
  return {
    cpu: cores[0]?.model ?? 'unknown',
    cores: cores.length,
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${type()} ${release()} ${arch()}`,
  }
}

export type Versions = { readonly stepstream: string; readonly node: string; readonly commit: string | null }

export function versions(): Versions {
  const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }
  return { stepstream: manifest.version, node: process.version, commit: commit() }
}

/** With `+` where the tree has changes; null outside of a git checkout. */
function commit(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', packageFile(''), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    return git('rev-parse', '--short=12', 'HEAD').trim() + (git('status', '--porcelain') === '' ? '' : '+')
  } catch {
    return null
  }
}

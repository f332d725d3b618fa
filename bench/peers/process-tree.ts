/** What a program and everything that it started takes, by the system's own accounting in `/proc`. */
import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts a process's time in hundredths of a second for every program, whatever the kernel was built with. */
const ticksPerSecond = 100

export type ProcessTimes = {
  readonly pid: number
  readonly parent: number
  /** Its own time and that of children that have ended. */
  readonly cpuSeconds: number
}

/** A line of `/proc/<pid>/stat`: the name in parentheses may hold spaces, the field after it is number 3. */
export function parseStat(text: string): ProcessTimes {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0)
  return { pid: Number.parseInt(text, 10), parent: Number(fields[1]), cpuSeconds: ticks / ticksPerSecond }
}

/** The process and all below it, in no order. */
export function treeOf(all: readonly ProcessTimes[], root: number): ProcessTimes[] {
  const found = all.filter((one) => one.pid === root)
  for (const parent of found) found.push(...all.filter((one) => one.parent === parent.pid && one.pid !== root))
  return found
}

export function treeCpuSeconds(root: number): number {
  return treeOf(processes(), root).reduce((sum, one) => sum + one.cpuSeconds, 0)
}

/** The sum of the most that each process has held so far, mapped files that were in memory included. */
export function treePeakResidentBytes(root: number): number {
  return treeOf(processes(), root).reduce((sum, one) => sum + peakResidentBytes(one.pid), 0)
}

function processes(): ProcessTimes[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    const text = readOrNothing(`/proc/${pid}/stat`)
    return text === '' ? [] : [parseStat(text)]
  })
}

function peakResidentBytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024
}

/** A process may be gone meanwhile. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

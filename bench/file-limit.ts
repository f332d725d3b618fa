import { readFileSync } from 'node:fs'
import { UsageError } from './usage-error.ts'

/** What a process opens besides its connections. */
const others = 256

/** Throws a {@link UsageError} where a process may not open as many sockets as it would have connections. Node takes the hard limit. */
export function checkFileLimit(connections: number, generators: number, limits = '/proc/self/limits'): void {
  const limit = hardLimit(limits)
  const perGenerator = Math.ceil(connections / generators) + others
  // A gateway of ours on this machine has all of them.
  const wanted = Math.max(perGenerator, connections + others)
  if (limit === undefined || wanted <= limit) return
  throw new UsageError(
    `--connections ${connections} needs ${wanted} open files in one process, and this system allows ${limit}: raise it with ` +
      `\`ulimit -Hn ${wanted}\` (as root, or in limits.conf), or take fewer connections`,
  )
}

function hardLimit(path: string): number | undefined {
  try {
    const match = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync(path, 'latin1'))
    return match ? Number(match[1]) : undefined
  } catch {
    return undefined
  }
}

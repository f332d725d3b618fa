/**
 * No process of a world outlives the harness, not even when that is killed with SIGKILL: a child of ours reads a pipe whose
 * other end we hold; when it ends, the child kills what is left on its list, by process id.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/** Kept as text: it must run whatever becomes of the files. */
const program = `
  const pids = new Set()
  let rest = ''
  process.stdin.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\\n')
    rest = lines.pop()
    for (const line of lines) line[0] === '+' ? pids.add(Number(line.slice(1))) : pids.delete(Number(line.slice(1)))
  }).on('end', () => {
    for (const pid of pids) try { process.kill(pid, 'SIGKILL') } catch {}
    process.exit()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})`

let guard: ChildProcess | undefined

/** To be called before the first process is started, so that there is no moment in which one goes without. */
export function startGuard(): void {
  if (guard !== undefined) return
  guard = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.unref()
  const pipe = guard.stdin as Writable & { unref?(): void }
  pipe.unref?.()
  pipe.on('error', () => {})
}

/** Has a process killed when this one ends; the returned function takes that back, once the process is gone. */
export function guardProcess(pid: number): () => void {
  const tell = (line: string) => guard?.stdin?.write(`${line}\n`)
  startGuard()
  tell(`+${pid}`)
  return () => tell(`-${pid}`)
}

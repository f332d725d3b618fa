/**
 * No process of a world outlives the harness, not even when that is killed with SIGKILL: a child of ours reads a pipe whose
 * other end we hold; when it ends, the child kills what is left on its list, by process id.
 */
import { type ChildProcess, spawn } from 'node:child_process'

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

function tell(line: string): void {
  if (guard === undefined) {
    guard = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
    guard.unref()
    ;(guard.stdin as unknown as { unref?: () => void }).unref?.()
    guard.stdin?.on('error', () => {})
  }
  guard.stdin?.write(`${line}\n`)
}

/** Has a process killed when this one ends; the returned function takes that back, once the process is gone. */
export function guardProcess(pid: number): () => void {
  tell(`+${pid}`)
  return () => tell(`-${pid}`)
}

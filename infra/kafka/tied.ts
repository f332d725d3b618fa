/** Child processes that do not outlive this one, whatever ends it. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'

/*
 * The shell leaves a watcher behind and becomes the program, which so has the process number that we know. Descriptor 3 is a pipe
 * that only we hold open at the other end: a line from it means that the program has ended, its end without a line that we have, even by
 * SIGKILL, and then the watcher kills the program. Works wherever there is a POSIX shell, and needs nobody to be asked every second.
 */
const script = `{ if read -r line <&3; then exit; fi; kill -KILL $$; } </dev/null >/dev/null 2>&1 & exec "$@" 3<&-`

/**
 * Starts a program that is killed when this process ends. It has a session of its own, so Ctrl-C on our terminal is for us alone.
 * `output` is a file descriptor for what it prints, or gives a stream of it.
 */
export function spawnTied(
  program: string,
  options: readonly string[],
  output: number | 'pipe',
  env: NodeJS.ProcessEnv = process.env,
): ChildProcess {
  const child = spawn('/bin/sh', ['-c', script, 'sh', program, ...options], {
    stdio: ['ignore', output, output, 'pipe'],
    detached: true,
    env,
  })
  const pipe = child.stdio[3] as Writable
  // The watcher may be gone already.
  pipe.on('error', () => {})
  child.once('exit', () => pipe.end('ended\n'))
  return child
}

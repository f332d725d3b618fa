/** A peer's program: started, waited for, stopped, and gone when this process is. */
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { treeCpuSeconds, treePeakResidentBytes } from './process-tree.ts'

export type Program = {
  readonly cpuSeconds: () => number
  readonly peakResidentBytes: () => number
  /** Asks it to end and waits for that; killed after a minute. */
  readonly stop: () => Promise<void>
}

export type ProgramOptions = {
  readonly name: string
  readonly command: string
  readonly options: readonly string[]
  readonly directory: string
  readonly environment?: Readonly<Record<string, string>>
  /** What it prints goes there. */
  readonly logFile: string
  /** Whether it takes requests by now; may throw while it does not. */
  readonly isReady: () => Promise<boolean>
}

/*
 * As infra's `tied.ts`, but for a group: MLflow has worker processes, which would outlive the one that is killed. The watcher reads from a pipe
 * that only we hold open, and at its end, whatever ended us, kills the whole group, to which it belongs.
 */
const script = `{ read -r line <&3; kill -s KILL -- -$$; } </dev/null >/dev/null 2>&1 & exec "$@" 3<&-`

const startMs = 120_000
const stopMs = 60_000

/** Throws when the program ends before it is ready, with the end of what it printed. */
export async function startProgram(wish: ProgramOptions): Promise<Program> {
  const log = openSync(wish.logFile, 'a')
  const child = spawn('/bin/sh', ['-c', script, 'sh', wish.command, ...wish.options], {
    cwd: wish.directory,
    env: { ...process.env, ...wish.environment },
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
  })
  closeSync(log)
  const pipe = child.stdio[3] as Writable
  pipe.on('error', () => {})
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const running = () => child.exitCode === null && child.signalCode === null
  const pid = child.pid!
  const stop = async () => {
    if (running()) process.kill(pid, 'SIGTERM')
    await Promise.race([exited, sleep(stopMs, undefined, { ref: false })])
    // The end of the pipe has the watcher kill whatever is left of the group.
    pipe.destroy()
    await exited
  }
  const deadline = performance.now() + startMs
  while (!(await wish.isReady().catch(() => false))) {
    if (!running() || performance.now() > deadline) {
      await stop()
      const tail = readFileSync(wish.logFile, 'utf8').slice(-2_000)
      throw new Error(`${wish.name} did not start; the end of ${wish.logFile}:\n${tail}`)
    }
    await sleep(50)
  }
  return { cpuSeconds: () => treeCpuSeconds(pid), peakResidentBytes: () => treePeakResidentBytes(pid), stop }
}

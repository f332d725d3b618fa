import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnTied } from '../infra/kafka/tied.ts'
import { packageFile } from '../schema/files.ts'
import { onExit } from './cleanup.ts'
import { peakResidentBytes, processCpuSeconds, residentBytes } from './system.ts'
import type { Role } from './usage.ts'

/** A process of the system under test, accounted for by itself. */
export type Process = {
  readonly role: Role
  /** Of the process and all its threads, so far. */
  readonly cpuSeconds: () => number
  readonly residentBytes: () => number
  readonly peakResidentBytes: () => number
  /** Asks it to end and waits. Throws when it ended before, or does not end well. */
  readonly stop: () => Promise<void>
}

export type ServerPlan = {
  readonly role: Exclude<Role, 'broker'>
  /** Compiled program of the package, and its arguments. */
  readonly program: string
  readonly arguments?: readonly string[]
  readonly port: number
  /** Added to ours. */
  readonly environment: Readonly<Record<string, string>>
  /** Answers 200 once it is ready. */
  readonly readyPath?: string
  /** Where its output goes, as `<role>.log`. */
  readonly logDirectory: string
  /** Where it leaves a profile of its CPU time when it ends. */
  readonly profileDirectory: string | undefined
}

const startMs = 60_000
const stopMs = 120_000

/** Starts one of our servers on 127.0.0.1 and waits until it is ready. It does not outlive this process. */
export async function startProcess(plan: ServerPlan): Promise<Process> {
  const { role, port, environment, readyPath = '/readyz' } = plan
  const logPath = join(plan.logDirectory, `${role}.log`)
  const log = openSync(logPath, 'a')
  const program = [...profileOptions(plan.profileDirectory, role), packageFile(plan.program), ...(plan.arguments ?? [])]
  const own = { PORT: String(port), HOST: '127.0.0.1' }
  const child = spawnTied(process.execPath, program, log, { ...process.env, ...environment, ...own })
  closeSync(log)
  const ended = endOf(child)
  const isAlive = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  // Tied to this process as it is, it would still die a moment after its folder is removed.
  const forget = onExit(() => {
    if (isAlive()) child.kill('SIGKILL')
  })
  const trouble = (what: string): Error => new Error(`${what}; the end of its log:\n${lastLines(logPath, 20)}`)

  const deadline = Date.now() + startMs
  while (!(await answersWell(`http://127.0.0.1:${port}${readyPath}`))) {
    if (!isAlive()) throw trouble(`the ${role} ended with ${await ended} instead of getting ready`)
    if (Date.now() > deadline) throw trouble(`the ${role} was not ready after ${startMs / 1_000} s`)
    await sleep(50)
  }

  return {
    role,
    ...accountOf(child.pid ?? 0),
    async stop() {
      if (!isAlive()) throw trouble(`the ${role} ended by itself with ${await ended}`)
      child.kill('SIGTERM')
      const how = await Promise.race([ended, sleep(stopMs, 'late', { ref: false })])
      forget()
      if (how !== '0') throw trouble(`the ${role} was asked to stop and ended with ${how}`)
    },
  }
}

/** What the system tells of a process that lives. */
export function accountOf(pid: number): Pick<Process, 'cpuSeconds' | 'residentBytes' | 'peakResidentBytes'> {
  return {
    cpuSeconds: () => processCpuSeconds(pid),
    residentBytes: () => residentBytes(pid),
    peakResidentBytes: () => peakResidentBytes(pid),
  }
}

/** Options of Node's that leave profiles in a folder of the role's own, one of each thread. */
export function profileOptions(directory: string | undefined, role: string): string[] {
  return directory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${join(directory, role)}`]
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) => resolve(signal ?? String(code)))
  })
}

async function answersWell(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined)
  await response?.arrayBuffer().catch(() => undefined)
  return response?.status === 200
}

function lastLines(path: string, count: number): string {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n')
}

import { type ChildProcess, fork, type StdioOptions } from 'node:child_process'
import { join } from 'node:path'
import { onExit } from './cleanup.ts'

/** Starts a script beside this one; it is killed when this process ends before it. Its errors go to our stderr. */
export function startChild(script: string, execArgv: string[] = []): ChildProcess {
  const stdio: StdioOptions = ['ignore', 'inherit', 'inherit', 'ipc']
  const child = fork(join(import.meta.dirname, script), [], { stdio, execArgv })
  const forget = onExit(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  })
  child.once('exit', forget)
  return child
}

/** Hands a job to a child that answers with one message, and gives that answer. */
export function askChild<Job extends object, Answer>(script: string, job: Job): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = startChild(script)
    let answer: { readonly value: Answer } | undefined
    child.on('message', (message) => {
      answer = { value: message as Answer }
    })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (code === 0 && answer !== undefined) resolve(answer.value)
      else reject(new Error(`${script} ended with ${signal ?? code}`))
    })
    child.send(job)
  })
}

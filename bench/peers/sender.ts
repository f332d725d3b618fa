import { fork } from 'node:child_process'
import { join } from 'node:path'
import { onExit } from '../cleanup.ts'
import type { SenderMessage, SendJob, Sent } from './sender-child.ts'

/** A client that has rendered all its bodies and waits for the word. */
export type Sender = { readonly renderCpuSeconds: number; readonly send: () => Promise<Sent> }

/** Bodies of a large dataset may take gigabytes as JavaScript's own memory while they are joined. */
const heapOption = '--max-old-space-size=8192'

/** Resolves when everything is rendered. Rejects when the client ends before it has sent everything. */
export function startSender(job: SendJob): Promise<Sender> {
  const child = fork(join(import.meta.dirname, 'sender-child.js'), [], { execArgv: [heapOption] })
  const forget = onExit(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  })
  child.once('exit', forget)
  return new Promise((resolveReady, rejectReady) => {
    const sent = new Promise<Sent>((resolveSent, rejectSent) => {
      const fail = (error: Error) => {
        rejectReady(error)
        rejectSent(error)
      }
      child.once('error', fail)
      child.once('exit', (code, signal) => fail(new Error(`the client ended with ${signal ?? code}`)))
      child.on('message', (message: SenderMessage) => {
        if (message.kind === 'failed') fail(new Error(message.reason))
        if (message.kind === 'done') resolveSent(message)
        if (message.kind !== 'ready') return
        const send = () => {
          child.send('go')
          return sent
        }
        resolveReady({ renderCpuSeconds: message.cpuSeconds, send })
      })
    })
    // Whoever sends hears of a failure; before that `rejectReady` tells it.
    sent.catch(() => {})
    child.send(job)
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { WorldNode } from './world.ts'

/** A node, and how it is asked whether it is ready. */
export type Readiness = { readonly node: WorldNode; ready(): Promise<boolean> }

const pollMs = 50
const answerMs = 2_000

/**
 * Resolves when all are ready at the same time; starts those that do not run, as a supervisor would.
 * Throws after `timeoutMs`, naming those that are not ready and what they wrote.
 */
export async function untilReady(all: readonly Readiness[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answers = await Promise.all(all.map(isReady))
    const late = all.filter((_, i) => !answers[i])
    if (late.length === 0) return
    if (performance.now() > deadline) {
      const outputs = late.map(({ node }) => `${node.name}:\n${node.output().slice(-4_000)}`)
      throw new Error(`not ready in ${timeoutMs} ms: ${outputs.join('\n')}`)
    }
    await sleep(pollMs)
  }
}

async function isReady({ node, ready }: Readiness): Promise<boolean> {
  try {
    if (!node.alive()) await node.start()
    return await ready()
  } catch {
    // It may have been too early; its output tells.
    return false
  }
}

/** Whether a GET is answered with 200 in time. Never throws. */
export async function answersWell(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
    await response.arrayBuffer()
    return response.status === 200
  } catch {
    return false
  }
}

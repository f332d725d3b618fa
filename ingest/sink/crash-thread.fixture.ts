/**
 * Worlds of `crash.fuzz.ts` in a thread of their own. Of each promise in a test's thread node's runner takes notes, to know which test an error is of:
 * a fifth of what a world of some million promises costs.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { crashWorld } from './crash.fuzz.ts'

type World = Parameters<typeof crashWorld>

export type WorldsThread = {
  /** @throws what `crashWorld` throws, and Error when the thread ends before it has answered */
  crash(...world: World): Promise<void>
  end(): Promise<void>
}

/** One world at a time. */
export function startWorldsThread(): WorldsThread {
  const worker = new Worker(new URL(import.meta.url))
  const ended = new AbortController()
  worker.once('exit', () => ended.abort(new Error('the thread ended before its world did')))
  return {
    async crash(...world) {
      worker.postMessage(world)
      const [error] = (await once(worker, 'message', { signal: ended.signal })) as [Error | undefined]
      if (error) throw error
    },
    async end() {
      await worker.terminate()
    },
  }
}

if (!isMainThread)
  parentPort!.on('message', (world: World) => {
    crashWorld(...world).then(
      () => parentPort!.postMessage(undefined),
      (error: Error) => parentPort!.postMessage(error),
    )
  })

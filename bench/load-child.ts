import { createLoadGenerator, type LoadJob, type LoadPart, type LoadProgress } from './load.ts'

/** What a load generator's process says: connected; so far; done; or why not. */
export type LoadMessage =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'progress' } & LoadProgress)
  | { readonly kind: 'done'; readonly part: LoadPart }
  | { readonly kind: 'failed'; readonly reason: string }

/** The word to go: when, in ms since 1970, so that all generators mean the same time. */
export type GoMessage = { readonly beginAt: number }

/** A load generator as a process of its own: the job comes first, then the word to go. */
function main(): void {
  const say = (message: LoadMessage): void => void process.send?.(message)
  process.once('message', async (job: LoadJob) => {
    try {
      const generator = await createLoadGenerator(job, (progress) => say({ kind: 'progress', ...progress }))
      const go = new Promise<GoMessage>((resolve) => process.once('message', resolve))
      say({ kind: 'ready' })
      const { beginAt } = await go
      const part = await generator.start(beginAt - performance.timeOrigin)
      say({ kind: 'done', part })
    } catch (error) {
      say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
    process.disconnect()
  })
}

main()

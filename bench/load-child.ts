import { createLoadGenerator, type LoadJob, type LoadProgress, type LoadResult } from './load.ts'

/** What the load generator's process says: connected; so far; done; or why not. */
export type LoadMessage =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'progress' } & LoadProgress)
  | { readonly kind: 'done'; readonly result: LoadResult }

/** The load generator as a process of its own: the job comes first, then the word to go. */
function main(): void {
  const say = (message: LoadMessage): void => void process.send?.(message)
  process.once('message', async (job: LoadJob) => {
    const generator = await createLoadGenerator(job, (progress) => say({ kind: 'progress', ...progress }))
    process.once('message', async () => {
      say({ kind: 'done', result: await generator.start() })
      process.disconnect()
    })
    say({ kind: 'ready' })
  })
}

main()

import { openStoppedStore } from '../bench/store.ts'

export type StoreQuestion = { readonly id: number; readonly statement: string; readonly parameters: object }
export type StoreAnswer = { readonly id: number; readonly rows?: unknown[]; readonly error?: string }

/** Opens the embedded store of a stopped server, in a process of its own, and answers questions about it until it is disconnected. */
const store = openStoppedStore(process.argv[2]!)
process.on('message', async ({ id, statement, parameters }: StoreQuestion) => {
  let answer: StoreAnswer
  try {
    const { reader } = await store
    answer = { id, rows: await reader.rows(statement, parameters as Record<string, string>, { timeoutMs: 600_000 }) }
  } catch (error) {
    answer = { id, error: String(error) }
  }
  process.send?.(answer)
})
process.once('disconnect', () => process.exit())

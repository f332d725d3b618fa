/** What the engine itself takes for the smallest statement there is. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onExit } from '../cleanup.ts'
import { openStoppedStore } from '../store.ts'

export type SelectOne = {
  /** Ms, of a few, one after the other, through the same reader as the server's. */
  readonly median: () => Promise<number>
  readonly close: () => Promise<void>
}

const samples = 25

/** Opens a store of this process's own, since one data folder belongs to one process. */
export async function openSelectOne(): Promise<SelectOne> {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-select-one-'))
  const removed = onExit(() => rmSync(directory, { recursive: true, force: true }))
  const store = await openStoppedStore(directory)
  return {
    async median() {
      const milliseconds: number[] = []
      for (let i = 0; i < samples; i++) {
        const begin = performance.now()
        await store.reader.columns('SELECT 1 AS one')
        milliseconds.push(performance.now() - begin)
      }
      return milliseconds.sort((a, b) => a - b)[samples >> 1]!
    },
    async close() {
      await store.close()
      removed()
    },
  }
}

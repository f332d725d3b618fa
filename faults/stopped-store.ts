import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { StoreAnswer, StoreQuestion } from './store-child.ts'

export type StoppedStore = {
  rows<T>(statement: string, parameters?: object): Promise<T[]>
  close(): Promise<void>
}

/** Questions to the embedded store under `dataDirectory`, which no server has open. */
export function openStoppedStoreApart(dataDirectory: string): StoppedStore {
  const stdio: ['ignore', 'inherit', 'inherit', 'ipc'] = ['ignore', 'inherit', 'inherit', 'ipc']
  const child = fork(join(import.meta.dirname, 'store-child.js'), [dataDirectory], { stdio })
  const waiting = new Map<number, { resolve(rows: unknown[]): void; reject(error: Error): void }>()
  let questions = 0
  const exited = new Promise<void>((resolve) =>
    child.once('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`the store's reader ended with ${signal ?? code}`))
      waiting.clear()
      resolve()
    }),
  )
  child.on('message', ({ id, rows, error }: StoreAnswer) => {
    const waiter = waiting.get(id)
    waiting.delete(id)
    if (rows) waiter?.resolve(rows)
    else waiter?.reject(new Error(`the store answered: ${error}`))
  })
  return {
    rows<T>(statement: string, parameters: object = {}) {
      return new Promise<T[]>((resolve, reject) => {
        const id = ++questions
        waiting.set(id, { resolve: (rows) => resolve(rows as T[]), reject })
        child.send({ id, statement, parameters } satisfies StoreQuestion, (error) => error && reject(error))
      })
    },
    async close() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

import { createSpool, type Spool } from '../../ingest/store/spool.ts'
import { tooMany } from './error.ts'

export type Spools = { take(): Promise<Spool>; giveBack(spool: Spool): void; close(): Promise<void> }

/** A bounded number of files for bodies on their way in; who comes when all are taken waits in a bounded queue. */
export function openSpools(dataDirectory: string, count: number, mayWait: number): Spools {
  const all: Spool[] = []
  const free: Spool[] = []
  const waiting: ((spool: Spool) => void)[] = []
  let opened = 0
  return {
    async take() {
      const spool = free.pop()
      if (spool) return spool
      if (opened < count) {
        opened++
        const fresh = await createSpool(dataDirectory)
        all.push(fresh)
        return fresh
      }
      if (waiting.length >= mayWait) throw tooMany('too many inserts wait')
      return await new Promise((resolve) => waiting.push(resolve))
    },
    giveBack(spool) {
      const next = waiting.shift()
      if (next) next(spool)
      else free.push(spool)
    },
    async close() {
      await Promise.all(all.map((spool) => spool.close()))
    },
  }
}

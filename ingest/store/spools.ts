import { createSpool, type Spool } from './spool.ts'

export type Spools = { take(): Promise<Spool>; giveBack(spool: Spool): void; close(): Promise<void> }

/** A bounded number of files for blocks on their way in; who comes when all are taken waits, unless `check` throws for the number that wait already. */
export function openSpools(dataDirectory: string, count: number, check: (waiting: number) => void = () => {}): Spools {
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
      check(waiting.length)
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

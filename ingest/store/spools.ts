import { createLending, type Lending } from './lending.ts'
import { createSpool, type Spool } from './spool.ts'

export type Spools = Pick<Lending<Spool>, 'take' | 'giveBack'> & { close(): Promise<void> }

/** A bounded number of files for blocks on their way in; who comes when all are taken waits, unless `check` throws for the number that wait already. */
export function openSpools(dataDirectory: string, count: number, check?: (waiting: number) => void): Spools {
  const spools = createLending(count, () => createSpool(dataDirectory), check)
  return {
    ...spools,
    async close() {
      await Promise.all(spools.made.map((spool) => spool.close()))
    },
  }
}

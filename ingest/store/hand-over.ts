import type { Logger } from '../../telemetry/logger.ts'
import type { Turn } from './insert.ts'
import { createMemorySpool, lengthOf, type ShownFile, type Spool } from './spool.ts'

/**
 * Large blocks for a store of this machine: it reads them from files in memory that this process has open. A body would be copied into a
 * socket, out of it and into such a file of the store's own.
 */
export type HandOver = {
  /**
   * Writes the block into a file, waits for `turn` and calls `send`. False where it has to go as a body: it is small, no file is free, or
   * the store does not see ours, and then never will. @throws what `turn` and `send` throw
   */
  insert(
    block: readonly Uint8Array[],
    turn: Turn | undefined,
    send: (file: ShownFile) => Promise<void>,
  ): Promise<boolean>
  close(): Promise<void>
}

/** A smaller one is sooner in a body than anybody could open a file. */
export const leastBytes = 512 * 1024

/** What stores answer that do not find the file, or do not know the statement: nothing was inserted. */
const unseenCodes = new Set(['107', '62', '78', '48'])

/** Files that no block has needed for so long give their memory back. */
const restMs = 60_000

export function createHandOver(
  most: number,
  logger: Logger,
  { makeSpool = createMemorySpool, rest = restMs } = {},
): HandOver {
  const free: Spool[] = []
  let lent = 0
  let sees = true
  let resting: NodeJS.Timeout | undefined

  const closeFree = () => Promise.all(free.splice(0).map((spool) => spool.close()))

  function keep(spool: Spool): void {
    free.push(spool)
    clearTimeout(resting)
    // One that cannot be closed is gone all the same.
    resting = setTimeout(() => void closeFree().catch(() => {}), rest)
    resting.unref()
  }

  function giveUp(why: string): false {
    if (sees) logger.info({ err: why }, 'blocks go to the store as bodies: it does not find files of this process')
    sees = false
    return false
  }

  async function written(block: readonly Uint8Array[]): Promise<Spool | undefined> {
    const spool = free.pop() ?? (await makeSpool())
    try {
      await spool?.write(block)
      return spool
    } catch (error) {
      // Memory for files may be less than the system says.
      giveUp((error as Error).message)
      await spool?.close()
      return undefined
    }
  }

  return {
    async insert(block, turn, send) {
      if (!sees || lent === most || lengthOf(block) < leastBytes) return false
      lent++
      try {
        const spool = await written(block)
        if (!spool) return giveUp('no memory for files')
        try {
          const file = await spool.shown()
          await turn?.()
          await send(file)
          keep(spool)
          return true
        } catch (error) {
          // The store may still be reading it: nobody writes into it again.
          await spool.close()
          if (isUnseen(error)) return giveUp((error as Error).message)
          throw error
        }
      } finally {
        lent--
      }
    },
    async close() {
      clearTimeout(resting)
      await closeFree()
    },
  }
}

function isUnseen(error: unknown): boolean {
  const { code } = ((error as Error).cause ?? {}) as { code?: unknown }
  return typeof code === 'string' && unseenCodes.has(code)
}

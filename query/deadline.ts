import { type ReadOptions, type StoreReader, StoreTrouble } from '../schema/store.ts'

/** How long after its time limit a question is given up even though the store did not say so itself. */
const graceMs = 1000

/** A reader that always answers or fails within the question's time limit, even while the store is silent. */
export function withDeadline(reader: StoreReader, timeoutMs: number): StoreReader {
  async function bounded<T>(read: () => Promise<T>, options?: ReadOptions): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const giveUp = () => reject(new StoreTrouble('timeout', 'the store did not answer within the time limit'))
      timer = setTimeout(giveUp, (options?.timeoutMs ?? timeoutMs) + graceMs)
    })
    try {
      return await Promise.race([read(), late])
    } finally {
      clearTimeout(timer)
    }
  }
  /** The time runs from when it begins. */
  function begun<T>(read: () => Promise<T>, options?: ReadOptions): Promise<T> {
    return options?.within ? options.within(() => bounded(read, options)) : bounded(read, options)
  }
  return {
    rows: (sql, parameters, options) => begun(() => reader.rows(sql, parameters, options), options),
    columns: (sql, parameters, options) => begun(() => reader.columns(sql, parameters, options), options),
  }
}

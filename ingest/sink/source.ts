import type { Log } from '../log/log.ts'
import type { Store } from '../store/store.ts'

/**
 * Ties the store to its log. The store's rows carry positions of that log, and a record at a position that a row already
 * covers is taken as stored; in another log that would lose points.
 * @throws Error when the store was fed by another log
 */
export async function claimSource(store: Pick<Store, 'sinkReader' | 'insertBlock'>, log: Log): Promise<void> {
  const rows = await store.sinkReader.rows<{ log: string }>('SELECT log FROM sources')
  if (rows.some((row) => row.log === log.id)) return
  if (rows.length > 0) {
    throw new Error(
      `this store was fed by log ${rows[0]!.log}, but the log here is ${log.id}: was the log's folder removed? ` +
        'Put it back, or remove the whole DATA_DIR to begin anew.',
    )
  }
  await store.insertBlock('sources', 1, [{ name: 'log', type: 'String', data: [log.id] }])
}

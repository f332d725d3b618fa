import { engineSettings } from '../../ingest/store/pool.ts'

/** The caller's settings; one block of the body is one block of the table, and its token counts though the data comes by a SELECT. */
export function insertSettings(given: Readonly<Record<string, string>>): Record<string, string> {
  const settings = engineSettings(given)
  const tokenCounts = settings.insert_deduplication_token !== undefined && settings.insert_deduplicate !== '0'
  return {
    min_insert_block_size_rows: '0',
    min_insert_block_size_bytes: '0',
    max_block_size: settings.max_insert_block_size ?? '1048449',
    max_execution_time: '0',
    ...settings,
    max_threads: '1',
    max_insert_threads: '1',
    async_insert: '0',
    deduplicate_insert_select: tokenCounts ? 'force_enable' : 'disable',
  }
}

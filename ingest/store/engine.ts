import { availableParallelism } from 'node:os'
import { Session } from 'chdb'
import { packageFile } from '../../schema/files.ts'

/**
 * Threads of the engine that merge parts. Left to itself it has one for each processor, and two long merges take both of two from everybody else:
 * blocks wait to be inserted and frames to be acknowledged. What half of them cannot do while the full rate lasts they do after it.
 */
export const mergeThreads = (processors = availableParallelism()): number => Math.max(1, Math.floor(processors / 2))

/**
 * They yield to inserts, questions and acknowledgements, for which somebody waits. Where all processors are taken one gets a tenth of what another thread
 * gets, and does the rest afterwards. Without the right to set it the engine leaves it.
 */
export const mergeNice = 10

/** A session of the embedded engine. What the engine is told for the whole process counts in the first one. */
export const openSession = (path: string): Session =>
  new Session(path, {
    connectionArgs: [
      `--background_pool_size=${mergeThreads()}`,
      `--os_threads_nice_value_merge_mutate=${mergeNice}`,
      `--config-file=${packageFile('infra/clickhouse/compression.xml')}`,
    ],
  })

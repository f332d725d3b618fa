import { availableParallelism } from 'node:os'
import { Session } from 'chdb'
import { packageFile } from '../../schema/files.ts'

/**
 * Threads of the engine that merge parts. Left to itself it has one for each processor, and two long merges take both of two from everybody else:
 * blocks wait to be inserted and frames to be acknowledged. Half of them keep up with the full rate.
 */
export const mergeThreads = (processors = availableParallelism()): number => Math.max(1, Math.floor(processors / 2))

/** A session of the embedded engine. What the engine is told for the whole process counts in the first one. */
export const openSession = (path: string): Session =>
  new Session(path, {
    connectionArgs: [
      `--background_pool_size=${mergeThreads()}`,
      `--config-file=${packageFile('infra/clickhouse/compression.xml')}`,
    ],
  })

import type { LateWrites } from '../../schema/late-writes.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { LogPartition } from '../log/log.ts'
import type { JointInserts } from './joint-inserts.ts'
import type { SinkObserver } from './observer.ts'
import type { SinkSettings } from './settings.ts'
import type { SharedParts } from './shared-parts.ts'
import type { SinkStore } from './sink-store.ts'
import type { TileBuilder } from './tiles/builder.ts'

/** The sink of one partition. */
export type Sink = {
  /** Replays what was under way when the partition's last reader ended, and begins to read. Resolves when the store is whole again. */
  start(): Promise<void>
  /** Offset of the last record whose points are queryable; -1: none. */
  storedOffset(): number
  /** Offset up to which the stored summaries go. */
  flushedOffset(): number
  /** Offset the log's next record will get. */
  endOffset(): number
  /** Arrival of the newest frame stored, ms. */
  newestStoredMs(): number
  /**
   * Resolves when everything up to `offset` is stored, its summaries too if asked; makes haste.
   * @throws PartitionLost when the partition is lost before that
   */
  reached(offset: number, summaries: boolean): Promise<void>
  /** Inserts what was read, stores the summaries, ends. */
  stop(): Promise<void>
  /** The partition is another reader's: begins nothing any more. An insert that was sent may still land; its token makes it harmless. */
  abandon(): void
  /** Resolves when nothing is under way any more: with what ended it, or undefined after `stop`. */
  readonly ended: Promise<Error | undefined>
}

export type SinkParts = SharedParts & {
  readonly partition: LogPartition
  /** Partitions of the log. */
  readonly partitions: number
  readonly store: SinkStore
  readonly observe: SinkObserver
  readonly logger: Logger
  readonly settings: SinkSettings
  /** Of the process; undefined: its partitions insert each for itself. */
  readonly joint?: JointInserts | undefined
  /** Commit after inserts too, so that other processes learn what is stored. */
  readonly announce: boolean
  /** Called when more is stored, or more of the summaries. */
  readonly onProgress?: () => void
  /** Who makes tiles of long series; undefined: nobody in this process. What late points there are is written down all the same. */
  readonly tiles?: TileBuilder | undefined
  /** Told of late ranges before they are written; undefined: nobody in this process listens. */
  readonly lateWrites?: LateWrites | undefined
}

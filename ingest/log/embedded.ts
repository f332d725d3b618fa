import { Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { type Appender, createAppender } from './appender.ts'
import { type CommitFile, createCommitFile, openCommitFile } from './commit-file.ts'
import { type FileSystem, nodeFileSystem } from './file-system.ts'
import { recordHeaderBytes, segmentBase, segmentHeaderBytes } from './layout.ts'
import type { Commit, LogPartition, LogReader, LogStats, LogWriter } from './log.ts'
import { createReader, type Reader } from './reader.ts'
import { createRecent } from './recent.ts'
import { recover } from './recover.ts'
import { createSegments, type Segments } from './segments.ts'

export { LogCorrupted } from './layout.ts'
export { LogLocked } from './lock.ts'

const MiB = 1024 * 1024
/** Two of the largest records. Larger groups gain nothing; from 4 MiB on, Linux takes twice as long for one synced write. */
const groupBytesDefault = 2 * (limits.recordBytes + recordHeaderBytes)
/** A synced write costs as much CPU for one frame as for a hundred: one at once after the other, they took 5 to 9 % of all that is used under load. */
const paceMs = 8

export type EmbeddedLogOptions = {
  /** Belongs to this log alone; made when it is not there. */
  readonly directory: string
  /**
   * Bytes of records on disk; beyond, appends are refused with `log_full`. The commit file's 132 KiB come on top.
   * At least four times `limits.recordBytes` and a little, or the largest records do not fit in a segment.
   */
  readonly maximumBytes: number
  /** Space is given back by whole segments. At most a quarter of `maximumBytes`, so that a full log always can. */
  readonly segmentBytes?: number
  /** Newest records kept in memory, so that a reader who keeps up does not read the disk. */
  readonly keepBytes?: number
  /** Most bytes written with one sync; a larger record goes out alone. */
  readonly groupBytes?: number
  /** Pause between tries to repair a disk that fails. */
  readonly repairIntervalMs?: number
  readonly logger: Logger
  readonly fileSystem?: FileSystem
}

/** A log of one partition in a directory of this machine, written and read by one process, which cannot lose it to another. */
export type EmbeddedLog = LogWriter &
  LogReader & {
    /** Bytes and records held, for `/metrics`. */
    stats(): LogStats
    /** Stops taking appends, waits for those under way, releases every file. */
    close(): Promise<void>
  }

/**
 * Opens the log in a directory, or makes a new one. One process at a time, one reader.
 * @throws LogLocked when another process has it open, LogCorrupted when it is damaged other than by a torn last write.
 */
export async function openEmbeddedLog(options: EmbeddedLogOptions): Promise<EmbeddedLog> {
  const fileSystem = options.fileSystem ?? nodeFileSystem
  await fileSystem.makeDirectory(options.directory)
  const unlock = await fileSystem.lock(options.directory)
  try {
    return await openLocked(options, fileSystem, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

async function openLocked(
  options: EmbeddedLogOptions,
  fileSystem: FileSystem,
  unlock: () => Promise<void>,
): Promise<EmbeddedLog> {
  const { directory, maximumBytes, repairIntervalMs = 500, logger } = options
  const segmentBytes = Math.min(options.segmentBytes ?? 64 * MiB, Math.floor(maximumBytes / 4))
  const groupBytes = Math.min(options.groupBytes ?? groupBytesDefault, segmentBytes - segmentHeaderBytes)
  const names = await fileSystem.list(directory)
  const used = names.some((name) => segmentBase(name) !== undefined)
  const commitFile =
    (await openCommitFile(fileSystem, directory, used)) ?? (await createCommitFile(fileSystem, directory))
  const { identity } = commitFile
  try {
    const recovered = await recover({ fileSystem, directory, commitFile, logger }, names)
    const segmentsOptions = { fileSystem, directory, identity, segmentBytes, logger }
    const segments = createSegments(segmentsOptions, recovered.list, recovered.lastFile)
    const appender = createAppender({
      segments,
      salt: identity.salt,
      end: recovered.end,
      maximumBytes,
      segmentBytes,
      groupBytes,
      repairIntervalMs,
      logger,
      createRecent: (end) => createRecent(options.keepBytes ?? 32 * MiB, end),
      onDurable: () => reader.wake(),
    })
    const { recent, end } = appender
    const reader = createReader({ fileSystem, segments, recent, salt: identity.salt, end })
    return assemble({ commitFile, segments, appender, reader, maximumBytes, unlock, logger })
  } catch (error) {
    await commitFile.close()
    throw error
  }
}

type Parts = {
  readonly commitFile: CommitFile
  readonly segments: Segments
  readonly appender: Appender
  readonly reader: Reader
  readonly maximumBytes: number
  readonly unlock: () => Promise<void>
  readonly logger: Logger
}

function assemble({ commitFile, segments, appender, reader, maximumBytes, unlock, logger }: Parts): EmbeddedLog {
  let committing: Promise<void> | undefined
  let closing: Promise<void> | undefined

  async function commit(next: Commit): Promise<void> {
    const { offset } = commitFile.current()
    const end = appender.end()
    if (next.offset < offset || next.offset > end)
      throw new RangeError(`commit ${next.offset} is not between the last one, ${offset}, and ${end}`)
    if (next.stored < next.offset || next.stored > end)
      throw new RangeError(`stored ${next.stored} is not between the commit, ${next.offset}, and ${end}`)
    if (next.intents.some(([, , joint]) => joint !== undefined))
      throw new RangeError('there is no other partition to share a block with')
    const intents = next.intents.map(([first, last]) => [first, last] as const)
    await commitFile.write({ ...next, intents }, end).catch((error: unknown) => {
      logger.error({ err: error }, 'committing failed')
      throw error instanceof RangeError ? error : new Refusal('log_unavailable', 'the commit could not be written')
    })
    // The commit stands even if a file cannot be removed now; the next commit tries again.
    await segments.drop(next.offset).catch((error: unknown) => logger.warn({ err: error }, 'dropping a segment failed'))
  }

  async function close(): Promise<void> {
    await appender.close()
    await reader.close()
    await committing?.catch(() => undefined)
    // With the end written down, the next start knows every record there must be.
    await commitFile
      .write(commitFile.current(), appender.end())
      .catch((error: unknown) => logger.warn({ err: error }, 'writing down the end of the log failed'))
    try {
      await segments.close()
      await commitFile.close()
    } finally {
      await unlock()
    }
  }

  const { id } = commitFile.identity
  const part: LogPartition = {
    log: id,
    partition: 0,
    committed: async () => commitFile.current(),
    async commit(next) {
      if (closing) throw new Refusal('shutting_down')
      if (committing) throw new Error('commits of one partition must not overlap')
      committing = commit(next).finally(() => {
        committing = undefined
      })
      return committing
    },
    async read(offset, maximumBytes, signal) {
      if (closing) throw new Refusal('shutting_down')
      return reader.read(offset, maximumBytes, signal)
    },
    end: () => appender.end(),
    held: () => true,
  }

  return {
    id,
    partitions: 1,
    paceMs,
    append(partition, payload) {
      if (partition !== 0) throw new RangeError(`the embedded log has one partition, 0, not ${partition}`)
      return appender.append(payload)
    },
    async subscribe(handler) {
      handler.assigned(part)
    },
    stats: () => ({
      bytes: segments.bytes(),
      bytesLimit: maximumBytes,
      records: appender.end() - segments.list[0]!.base,
      appends: appender.counts.appends,
      syncs: appender.counts.syncs,
    }),
    close() {
      closing ??= close()
      return closing
    },
  }
}

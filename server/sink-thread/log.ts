import type { LogPartition, LogReader, LogRecord } from '../../ingest/log/log.ts'
import { handOver } from './channel.ts'
import type { LogSide, SentRecords } from './contract.ts'

/** Memory for records comes in such pieces: 4 MiB of them are read at once, and what is used again must fit the next ones too. */
const memoryStep = 1024 * 1024

/** The main thread's side of the embedded log: a partition as its reader in another thread calls it. */
export function serveLog(partition: LogPartition): LogSide {
  let reading = new AbortController()
  return {
    committed: () => partition.committed(),
    commit: (commit) => partition.commit(commit),
    async read(offset, maximumBytes, memory) {
      reading = new AbortController()
      const records = await partition.read(offset, maximumBytes, reading.signal)
      return records.length === 0 ? undefined : packed(records, memory, partition.end())
    },
    endRead: () => reading.abort(),
  }
}

/** One copy: the log uses its own memory again, and fresh memory costs more than the copy. */
function packed(records: readonly LogRecord[], given: ArrayBuffer | undefined, end: number): SentRecords {
  const lengths = records.map(({ payload }) => payload.length)
  const length = lengths.reduce((sum, one) => sum + one, 0)
  const fits = given !== undefined && given.byteLength >= length
  const memory = fits ? given : new ArrayBuffer(Math.ceil(length / memoryStep) * memoryStep)
  const bytes = new Uint8Array(memory)
  let at = 0
  for (const { payload } of records) {
    bytes.set(payload, at)
    at += payload.length
  }
  return handOver({ first: records[0]!.offset, lengths, memory, end }, [memory])
}

export type LogOfMain = LogReader & {
  /** Tells where the log ends by now. */
  endIs(offset: number): void
}

/** The thread's side: the embedded log, which is the main thread's. */
export function createLogOfMain(main: LogSide, id: string, partitions: number): LogOfMain {
  let end = 0
  let spare: ArrayBuffer | undefined
  const partition: LogPartition = {
    log: id,
    partition: 0,
    committed: () => main.committed(),
    commit: (commit) => main.commit(commit),
    async read(offset, maximumBytes, signal) {
      if (signal.aborted) return []
      const endRead = () => void main.endRead()
      signal.addEventListener('abort', endRead, { once: true })
      try {
        const given = spare
        spare = undefined
        const sent = await main.read(offset, maximumBytes, given && handOver(given, [given]))
        if (!sent) return []
        spare = sent.memory
        end = Math.max(end, sent.end)
        return unpacked(sent)
      } finally {
        signal.removeEventListener('abort', endRead)
      }
    },
    end: () => end,
    held: () => true,
  }
  return {
    id,
    partitions,
    subscribe: async (handler) => handler.assigned(partition),
    endIs(offset) {
      end = Math.max(end, offset)
    },
  }
}

function unpacked({ first, lengths, memory }: SentRecords): LogRecord[] {
  let at = 0
  return lengths.map((length, i) => {
    const payload = new Uint8Array(memory, at, length)
    at += length
    return { offset: first + i, payload }
  })
}

import { type Progress, StaleToken, type Watermark, WatermarkTimeout } from '../../schema/store.ts'
import { formatToken, parseToken } from '../../schema/token.ts'
import { type LogIdentity, PartitionLost } from '../log/log.ts'
import type { Sink } from './sink.ts'

/** How far a sink is, wherever in the process it runs. */
export type SinkPosition = Pick<Sink, 'storedOffset' | 'flushedOffset' | 'endOffset' | 'newestStoredMs' | 'reached'>

export type SinkPositions = {
  /** Of sinks that read, by partition. */
  serving(): ReadonlyMap<number, SinkPosition>
  /** Calls back whenever one of them stored more, until the answer is called. */
  follow(listener: () => void): () => void
}

/** How far the store has come, told by the sinks of this process, by the partitions they serve. */
export function createWatermark(log: LogIdentity, { serving: sinks, follow }: SinkPositions): Watermark & Progress {
  async function reached(partition: number, offset: number, summaries: boolean): Promise<void> {
    const sink = sinks().get(partition)
    if (partition >= log.partitions || (sink && offset >= sink.endOffset()))
      throw new StaleToken('the token is of a position that this log never had')
    if (!sink) throw new WatermarkTimeout(`partition ${partition} of the log is not being stored at the moment`)
    await sink.reached(offset, summaries).catch((error: unknown) => {
      if (!(error instanceof PartitionLost)) throw error
      throw new WatermarkTimeout(`partition ${partition} of the log went to another process`)
    })
  }

  const byPartition = (offset: (sink: SinkPosition) => number) =>
    Array.from({ length: log.partitions }, (_, partition) => {
      const sink = sinks().get(partition)
      return sink ? offset(sink) : -1
    })

  return {
    progress: () => ({
      log: log.id,
      stored: byPartition((sink) => sink.storedOffset()),
      flushed: byPartition((sink) => sink.flushedOffset()),
    }),
    follow,
    refresh: async () => {},
    current() {
      const offsets = new Map<number, number>()
      for (const [partition, sink] of sinks()) if (sink.storedOffset() >= 0) offsets.set(partition, sink.storedOffset())
      return formatToken({ log: log.id, offsets })
    },
    currentTimeMs() {
      const behind = [...sinks().values()].filter((sink) => sink.storedOffset() < sink.endOffset() - 1)
      return behind.length === 0 ? Date.now() : Math.min(...behind.map((sink) => sink.newestStoredMs()))
    },
    async reached(at, { summaries, timeoutMs }) {
      const token = parseToken(at)
      if (!token) throw new StaleToken('this is not a token that the server gave')
      if (token.log !== log.id) throw new StaleToken('the token is of another log')
      const all = [...token.offsets].map(([partition, offset]) => reached(partition, offset, summaries))
      await withTimeout(Promise.all(all), timeoutMs)
    },
  }
}

async function withTimeout(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new WatermarkTimeout(`the store has not come so far in ${timeoutMs} ms`)),
      timeoutMs,
    )
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

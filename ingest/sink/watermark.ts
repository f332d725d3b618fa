import { StaleToken, type Watermark, WatermarkTimeout } from '../../schema/store.ts'
import { formatToken, parseToken } from '../../schema/token.ts'
import type { Log } from '../log/log.ts'
import type { Sink } from './pipeline.ts'

/** How far the store has come, told by the sinks of this process, one per partition. */
export function createWatermark(log: Log, sinks: readonly Sink[]): Watermark {
  return {
    current() {
      const offsets = new Map<number, number>()
      sinks.forEach((sink, partition) => {
        if (sink.storedOffset() >= 0) offsets.set(partition, sink.storedOffset())
      })
      return formatToken({ log: log.id, offsets })
    },
    currentTimeMs() {
      const behind = sinks.filter((sink, partition) => sink.storedOffset() < log.end(partition) - 1)
      return behind.length === 0 ? Date.now() : Math.min(...behind.map((sink) => sink.newestStoredMs()))
    },
    async reached(at, { summaries, timeoutMs }) {
      const token = parseToken(at)
      if (!token) throw new StaleToken('this is not a token that the server gave')
      if (token.log !== log.id) throw new StaleToken('the token is of another log')
      const all = [...token.offsets].map(([partition, offset]) => {
        const sink = sinks[partition]
        if (!sink || offset >= log.end(partition))
          throw new StaleToken('the token is of a position that this log never had')
        return sink.reached(offset, summaries)
      })
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

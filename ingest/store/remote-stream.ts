import type { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { type StoreStreamer, StoreTrouble, type StreamFormat } from '../../schema/store.ts'
import type { Health } from './health.ts'
import { storeTroubleOf } from './reader.ts'
import { requestOf } from './remote-request.ts'
import { begun, named } from './stream-pieces.ts'
import { streamSettings } from './stream-settings.ts'

/** Streams of a server: the body of its answer, which it makes as fast as it is read. The connection's end stops the query. */
export function createRemoteStreamer(client: ClickHouseClient, health: Health): StoreStreamer {
  return {
    async stream(sql, format, parameters, { memoryBytes, signal }) {
      signal?.throwIfAborted()
      const settings = {
        ...streamSettings(memoryBytes),
        default_format: format,
        wait_end_of_query: 0,
        cancel_http_readonly_queries_on_client_close: 1,
        log_comment: 'stepstream stream',
      }
      async function* read(): AsyncGenerator<Uint8Array, void> {
        let finish: () => void = () => {}
        const finished = new Promise<void>((resolve) => {
          finish = resolve
        })
        // Under watch to its end, so that a store that is gone is not waited for.
        const body = new Promise<Readable>((resolve, reject) => {
          health
            .watch(async (watched) => {
              const { stream } = await client.exec({ ...requestOf(sql, parameters, settings), abort_signal: watched })
              const onAbort = () => stream.destroy(watched.reason)
              if (watched.aborted) onAbort()
              watched.addEventListener('abort', onAbort, { once: true })
              resolve(stream)
              await finished
            }, signal)
            .catch(reject)
        })
        try {
          yield* whole(await body, format)
        } finally {
          void body.then((stream) => stream.destroy()).catch(() => {})
          finish()
        }
      }
      const trouble = (error: unknown) => (signal?.aborted ? signal.reason : storeTroubleOf(error))
      return await named(() => begun(read()), trouble)
    },
  }
}

/** What a file of the format ends with. */
const ends: Readonly<Record<StreamFormat, Buffer>> = {
  ArrowStream: Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
  Parquet: Buffer.from('PAR1'),
}

/** A server that meets an error in the midst of an answer may end it all the same: what does not end as its format does is broken. */
async function* whole(stream: Readable, format: StreamFormat): AsyncGenerator<Uint8Array, void> {
  let tail = Buffer.alloc(0)
  for await (const piece of stream) {
    tail = Buffer.concat([tail, (piece as Buffer).subarray(-8)]).subarray(-8)
    yield piece as Buffer
  }
  const end = ends[format]
  if (!tail.subarray(-end.length).equals(end)) throw new StoreTrouble('unavailable', 'the store broke off its answer')
}

import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { type Body, earlyBody } from './early-body.ts'
import type { HandOver } from './hand-over.ts'
import type { Health } from './health.ts'
import { type BlockInserter, insertsSideBySide } from './insert.ts'
import { nativeBlock } from './native-block.ts'
import { troubled, wholeStream } from './reader.ts'
import { remoteInsertSettings } from './remote-request.ts'
import { sideBySide } from './side-by-side.ts'
import type { ShownFile } from './spool.ts'
import { literal } from './text.ts'

/** Blocks on their way to a server: in a file that it reads, where `handOver` says so, or as the body of a request. */
export function createRemoteInserter(
  client: ClickHouseClient,
  health: Health,
  knownSettings: ReadonlySet<string>,
  handOver: HandOver | undefined,
): BlockInserter {
  const exec = sideBySide(insertsSideBySide, (query: string, settings: Settings, body: Body) =>
    troubled(() =>
      health.watch(async (signal) => {
        // Without values, which may be none, the client sends the statement itself as the body.
        const values = Readable.from(body, { objectMode: false })
        const result = await client.exec({ query, values, clickhouse_settings: settings, abort_signal: signal })
        await wholeStream(result.stream)
      }),
    ),
  )

  return {
    async insertBlock(table, rows, columns, token, turn) {
      const into = `INSERT INTO ${table} (${columns.map((column) => column.name).join(', ')})`
      const settings = remoteInsertSettings(table, rows, token, knownSettings)
      const block = nativeBlock(rows, columns)
      const sendFile = ({ path, identity }: ShownFile) =>
        exec(`${into} FROM INFILE ${literal(path)} FORMAT Native`, { ...settings, param_identity: identity }, [])
      const sendBody = (body: Body) => exec(`${into} FORMAT Native`, settings, body)
      if (await handOver?.insert(block, turn, sendFile)) return
      if (turn) {
        const body = earlyBody(block, turn)
        try {
          return await sendBody(body.pieces())
        } catch (error) {
          if (!body.isGivenUp()) throw error
        }
        await body.turn
      }
      await sendBody(block)
    },
    close: async () => handOver?.close(),
  }
}

type Settings = Record<string, string | number>

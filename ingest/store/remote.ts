import type { Readable } from 'node:stream'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { StoreTrouble } from '../../schema/store.ts'
import type { Store } from './contract.ts'
import { createHandOver } from './hand-over.ts'
import { createHealth, type Health } from './health.ts'
import { type BlockInserter, insertsSideBySide } from './insert.ts'
import {
  type Ask,
  createReader,
  type Question,
  type ReaderLimits,
  sinkLimits,
  troubled,
  wholeStream,
} from './reader.ts'
import { type ReadyOptions, untilReached, untilReady } from './ready.ts'
import { createRemoteInserter } from './remote-insert.ts'
import { optionalSettings, requestOf } from './remote-request.ts'
import { createRemoteStreamer } from './remote-stream.ts'

export type RemoteStoreOptions = ReaderLimits &
  ReadyOptions & {
    /** Of ClickHouse's HTTP interface: a server of its own (25.10 or newer) or `infra/store`. */
    readonly url: string
    readonly user: string
    readonly password: string
    readonly database: string
    /** Who asks the questions of users, if somebody else than who writes: see `infra/clickhouse`. */
    readonly asker?: { readonly user: string; readonly password: string } | undefined
  }

/** Idle connections are dropped before any server does so: ClickHouse's shortest default has been 3 s. */
const idleSocketMs = 2_000
/** A socket on which nothing moves; what hangs is found far earlier, by the pings. */
const requestTimeoutMs = 600_000
/** One for each block that is inserted, and one that waits for its turn. */
const filesAtOnce = insertsSideBySide + 1
/** Beyond the engine's own clock, for the way there and back. */
const answerGraceMs = 5_000

/**
 * Opens the store on a server. While that is away, this waits and tries again.
 * @throws StoreTrouble `rejected` when the server will not have us, Error when its schema is newer than ours
 */
export async function openRemoteStore(options: RemoteStoreOptions): Promise<Store> {
  const clientOf = ({ user, password }: { readonly user: string; readonly password: string }) =>
    createClient({
      url: options.url,
      username: user,
      password,
      database: options.database,
      request_timeout: requestTimeoutMs,
      max_open_connections: 128,
      keep_alive: { enabled: true, idle_socket_ttl: idleSocketMs, eagerly_destroy_stale_sockets: true },
      // What goes wrong is thrown at the caller, who knows what it means.
      log: { level: ClickHouseLogLevel.OFF },
    })
  const client = clientOf(options)
  const askingClient = options.asker ? clientOf(options.asker) : client
  const closeClients = () => Promise.all([...new Set([client, askingClient])].map((each) => each.close()))
  const health = createHealth(new URL(options.url))
  const reader = createReader(askThrough(askingClient, health, 'stepstream question'), options)
  const sinkReader = createReader(askThrough(client, health, 'stepstream sink'), sinkLimits(options))
  const command: Store['command'] = (sql, parameters = {}) =>
    troubled(() =>
      health.watch(async (signal) => {
        const request = requestOf(sql, parameters, { log_comment: 'stepstream', wait_end_of_query: 1 })
        const result = await client.exec({ ...request, abort_signal: signal })
        await wholeStream(result.stream)
      }),
    )
  let inserter: BlockInserter
  try {
    await untilReady({ reader: sinkReader, command }, options)
    const knownSettings = await untilReached(() => optionalSettings(sinkReader), options)
    const handOver = (await untilReached(() => isNeighbour(client, health, new URL(options.url)), options))
      ? createHandOver(filesAtOnce, options.logger)
      : undefined
    inserter = createRemoteInserter(client, health, knownSettings, handOver)
  } catch (error) {
    health.close()
    await closeClients()
    throw error
  }
  return {
    reader,
    sinkReader,
    streamer: createRemoteStreamer(askingClient, health),
    command,
    background: { reader: sinkReader, command },
    insertBlock: inserter.insertBlock,
    async close() {
      health.close()
      await inserter.close()
      await closeClients()
    },
  }
}

/** Whether the server is our own engine on this machine, which may be shown files. It looks itself at whether they are the same. */
function isNeighbour(client: ClickHouseClient, health: Health, { hostname }: URL): Promise<boolean> {
  return troubled(() =>
    health.watch(async (signal) => {
      if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return false
      const { stream, response_headers } = await client.exec({ query: 'SELECT 1', abort_signal: signal })
      await wholeStream(stream)
      return response_headers['x-clickhouse-server-display-name'] === 'stepstream-store'
    }),
  )
}

function askThrough(client: ClickHouseClient, health: Health, comment: string): Ask {
  const once = (question: Question) =>
    health.watch(async (signal) => {
      // The answer begins when it is whole, so an error comes as an error and not in the midst of data.
      const settings = { ...question.settings, wait_end_of_query: 1, log_comment: comment }
      const result = await client.exec({
        ...requestOf(question.sql, question.parameters, settings),
        abort_signal: signal,
      })
      return await untilAborted(result.stream, signal)
    }, question.signal)

  return async (question) => {
    const deadline = new AbortController()
    const late = () => deadline.abort(new StoreTrouble('timeout', 'the store did not finish the query in time'))
    const timer = setTimeout(late, question.timeoutMs + answerGraceMs)
    const onAbort = () => deadline.abort(question.signal!.reason)
    question.signal?.addEventListener('abort', onAbort, { once: true })
    const bounded = { ...question, signal: deadline.signal }
    try {
      question.signal?.throwIfAborted()
      return await once(bounded).catch((error: unknown) => {
        // A connection that the server closed while it was idle: asking again is safe, and the next connection is a new one.
        if (!isReset(error) || deadline.signal.aborted) throw error
        return once(bounded)
      })
    } finally {
      clearTimeout(timer)
      question.signal?.removeEventListener('abort', onAbort)
    }
  }
}

/** Reads an answer; the client forgets its signal once that begins. */
async function untilAborted(stream: Readable, signal: AbortSignal): Promise<Uint8Array> {
  const onAbort = () => stream.destroy(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await wholeStream(stream)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function isReset(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** For tests only: the doors for questions and exports on a real port and a real store, whose statements a test can make endless. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createTestProgress,
  createTestWatermark,
  openRemoteTestStore,
  openTestStore,
  type TestStore,
} from '../../query/fixture.ts'
import { runRowsCount } from '../../query/sql/run-columns.ts'
import type { Parameters, StoreReader, StoreStreamer } from '../../schema/store.ts'
import { readSettings } from '../read-settings.ts'
import { createBase } from './base.ts'
import { createDoors } from './doors.ts'
import { addExportDoor } from './exports.ts'
import { addQuestionsDoor } from './questions.ts'

export const apiKey = 'a key of tests'

/** Projects by whose name a statement is replaced by one that takes as long as it may, or breaks in the midst; the name is found in it. */
const replaced: Readonly<Record<string, { readonly asked: string; readonly streamed: string }>> = {
  endless: {
    asked: 'SELECT count() AS endless FROM system.numbers WHERE sipHash64(number) = 1',
    streamed: 'SELECT number AS endless, rand64() AS noise FROM system.numbers',
  },
  silent: { asked: 'SELECT 1', streamed: 'SELECT number AS silent FROM system.numbers WHERE sipHash64(number) = 1' },
  broken: {
    asked: 'SELECT 1',
    streamed: 'SELECT number AS broken, throwIf(number = 3000000), rand64() FROM numbers(4000000)',
  },
}
/** What is looked up once for all who ask, and ends by itself: it is nobody's question, and has to come first. */
const shared = runRowsCount('').sql
const replacementOf = (parameters: Parameters | undefined) =>
  replaced[String(Object.values(parameters ?? {}).find((value) => Object.hasOwn(replaced, String(value))))]

export type TestDoors = {
  readonly port: number
  readonly store: TestStore
  /** Queries whose text names the project, under way in the engine; and the rows that they have read. */
  underWay(project: string): Promise<{ readonly count: number; readonly rows: number }>
  close(): Promise<void>
}

export async function openTestDoors(where: 'embedded' | 'remote'): Promise<TestDoors> {
  const store = await (where === 'embedded' ? openTestStore() : openRemoteTestStore())
  const base = createBase(readSettings({ PORT: '0', API_KEY: apiKey, LOG_LEVEL: 'silent', READ_SESSIONS: '2' }))
  const doors = createDoors(base, '/graphql')
  const asked = (sql: string, parameters?: Parameters) =>
    sql === shared ? sql : (replacementOf(parameters)?.asked ?? sql)
  const reader: StoreReader = {
    rows: (sql, parameters, options) => store.reader.rows(asked(sql, parameters), parameters, options),
    columns: (sql, parameters, options) => store.reader.columns(asked(sql, parameters), parameters, options),
  }
  const streamer: StoreStreamer = {
    stream: (sql, ...rest) => store.streamer.stream(replacementOf(rest[1])?.streamed ?? sql, ...rest),
  }
  const watermark = { ...createTestWatermark(), ...createTestProgress() }
  const endQuestions = addQuestionsDoor(base, doors, reader, watermark)
  addExportDoor(base, doors, reader, streamer, watermark)
  const port = await doors.open()
  return {
    port,
    store,
    async underWay(project) {
      const [row] = await store.reader.rows<{ count: number; rows: number }>(
        `SELECT toFloat64(count()) AS count, toFloat64(sum(read_rows)) AS rows FROM system.processes
        WHERE position(query, {name:String}) > 0 AND query NOT LIKE '%system.processes%'`,
        { name: `AS ${project}` },
      )
      return row!
    },
    async close() {
      for (const [, step] of endQuestions) await step()
      doors.http.stopListening()
      doors.http.close()
      await store.close()
    },
  }
}

/** A client by hand, which reads only when it is told to. */
export type RawClient = { readonly socket: Socket; readonly received: () => number }

/** Sends one request and reads until `bytes` have come. */
export async function rawRequest(port: number, request: string, bytes: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1')
  let received = 0
  socket.on('error', () => {})
  socket.on('data', (piece) => {
    received += piece.length
    if (received >= bytes) socket.pause()
  })
  socket.write(request)
  await until(`${bytes} bytes`, () => received >= bytes)
  return { socket, received: () => received }
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 8_000; !(await holds()); await sleep(20))
    if (Date.now() > deadline) throw new Error(`not in 8 s: ${what}`)
}

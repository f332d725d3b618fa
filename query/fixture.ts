import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRemote, startStoreProcess } from '../ingest/store/server.fixture.ts'
import { openStore, type Store } from '../ingest/store/store.ts'
import { fenceRuns } from '../schema/fence.ts'
import { createFollowers } from '../schema/followers.ts'
import { metricKey, runKey } from '../schema/keys.ts'
import type { LateWrites } from '../schema/late-writes.ts'
import { type Progress, type StoreReader, type Watermark, WatermarkTimeout } from '../schema/store.ts'
import { encodedSql } from '../schema/value-codes-sql.ts'
import { createLogger, type Logger } from '../telemetry/logger.ts'
import { Metrics } from '../telemetry/metrics.ts'
import type { PersistedSettings } from './persisted.ts'
import { createQueryServer, type QuerySettings } from './server.ts'

const silent = createLogger('silent')

/** For tests only: the one place of `query/` that knows the real store. It is gone when it is closed, unless it is on a folder of the caller's. */
export async function openTestStore(folder?: string) {
  const dataDir = folder ?? (await mkdtemp(join(tmpdir(), 'stepstream-query-')))
  const queryMemoryBytes = 2 ** 31
  const store = await openStore({ dataDir, readSessions: 2, logger: silent, queryTimeoutMs: 20_000, queryMemoryBytes })
  return testStoreOf(store, async () => {
    if (folder === undefined) await rm(dataDir, { recursive: true, force: true })
  })
}

/** A sink once settled a block in it: the rows that do this are in no answer. */
async function testStoreOf({ reader, streamer, command, close }: Store, afterwards: () => Promise<void>) {
  await command(`INSERT INTO points (run) SELECT number FROM numbers(${fenceRuns})`)
  return {
    ...{ reader, streamer, command },
    async close() {
      await close()
      await afterwards()
    },
  }
}
export type TestStore = Awaited<ReturnType<typeof openTestStore>>

/** The same in a process of its own behind ClickHouse's interface, asked by a user who may only read. */
export async function openRemoteTestStore(): Promise<TestStore> {
  const dataDir = await mkdtemp(join(tmpdir(), 'stepstream-query-'))
  const asker = { user: 'asker', password: 'reads' }
  const server = await startStoreProcess(dataDir, {
    STORE_READER_USER: asker.user,
    STORE_READER_PASSWORD: asker.password,
  })
  const store = await openRemote(server.url, { asker, queryTimeoutMs: 20_000 })
  return testStoreOf(store, async () => {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  })
}

/** A point as it was logged; `ord` says which of several of one step came later. */
export type LoggedPoint = { readonly step: number; readonly value: number; readonly ord: number }

/** Points of one statement: its text may be 256 KiB. */
const pointsPerInsert = 4000

/** Inserts points, each few thousand as one part. Values go in by their bits, so that NaN, infinities and -0 arrive as they are. */
export async function insertPoints(
  store: TestStore,
  project: string,
  run: string,
  metric: string,
  points: readonly LoggedPoint[],
): Promise<void> {
  for (let from = 0; from < points.length; from += pointsPerInsert) {
    const rows = points
      .slice(from, from + pointsPerInsert)
      .map(({ step, value, ord }) => `(${step},${bitsOf(value)},${ord})`)
    await store.command(`INSERT INTO points SELECT ${runKey(project, run)}, ${metricKey(metric)}, t.1, toDateTime64(0, 3, 'UTC'),
      ${encodedSql('reinterpretAsFloat64(t.2)')}, t.3 FROM (SELECT arrayJoin(CAST([${rows.join(',')}], 'Array(Tuple(Int64, UInt64, UInt64))')) AS t)`)
  }
}

function bitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0)
}

export type TestRun = {
  readonly run: string
  readonly name?: string
  readonly state?: string
  readonly createdMs?: number
  readonly params?: Readonly<Record<string, string | number | boolean>>
  readonly tags?: Readonly<Record<string, string>>
  readonly version?: number
}

/** Inserts rows of `runs` as one part. */
export async function insertRuns(store: TestStore, project: string, runs: readonly TestRun[]): Promise<void> {
  if (runs.length === 0) return
  const rows = runs.map((run) => {
    const params = Object.entries(run.params ?? {})
    const numeric = params.filter(([, value]) => typeof value !== 'string')
    const time = `fromUnixTimestamp64Milli(toInt64(${run.createdMs ?? 0}), 'UTC')`
    return `(${[
      ...[project, run.run].map(text),
      runKey(project, run.run),
      text(run.name ?? ''),
      text(run.state ?? 'running'),
      time,
      time,
      text(JSON.stringify(run.params ?? {})),
      map(params.map(([name, value]) => [name, text(typeof value === 'string' ? value : JSON.stringify(value))])),
      map(numeric.map(([name, value]) => [name, String(Number(value))])),
      map(Object.entries(run.tags ?? {}).map(([name, value]) => [name, text(value)])),
      run.version ?? 1,
    ].join(',')})`
  })
  await store.command(`INSERT INTO runs VALUES ${rows.join(',')}`)
}

export type TestSummary = {
  readonly run: string
  readonly metric: string
  readonly last: number
  readonly min?: number
  readonly max?: number
  readonly count?: number
  readonly nan?: number
  readonly version?: number
}

/** Inserts summaries as one part of each table; figures not given are those of a single point of value `last`. */
export async function insertSummaries(
  store: TestStore,
  project: string,
  summaries: readonly TestSummary[],
): Promise<void> {
  if (summaries.length === 0) return
  const number = (value: number) => `reinterpretAsFloat64(toUInt64(${bitsOf(value)}))`
  const rows = summaries.map(({ run, metric, last, min = last, max = last, count = 1, nan = 0, version = 1 }) => {
    const keys = [metricKey(metric), runKey(project, run)]
    const [first, lastStep] = [0, count - 1]
    const [low, high] = [`${number(min)},1`, `${number(max)},2`]
    return {
      figures: `(${text(project)},${keys},${count},${first},${lastStep},${number(last)},${low},${high},${nan},${nan > 0 ? 7 : 0},${version})`,
      series: `(${[project, run, metric].map(text)},${keys.reverse()},${count},${first},${lastStep},toDateTime64(0, 3, 'UTC'),
        ${number(last)},${low},${high},${nan},0,0,${nan > 0 ? 7 : 'NULL'},0,${version})`,
    }
  })
  // As the sink does it: by metric first.
  await store.command(`INSERT INTO metric_figures VALUES ${rows.map(({ figures }) => figures).join()}`)
  await store.command(`INSERT INTO series VALUES ${rows.map(({ series }) => series).join()}`)
}

/** Inserts one summary. */
export function insertSummary(
  store: TestStore,
  project: string,
  run: string,
  metric: string,
  figures: Omit<TestSummary, 'run' | 'metric'>,
): Promise<void> {
  return insertSummaries(store, project, [{ run, metric, ...figures }])
}

const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const map = (entries: readonly (readonly [string, string])[]) =>
  `map(${entries.map(([name, value]) => `${text(name)},${value}`).join(',')})`

/** A watermark that has always come far enough, except for the tokens named here. */
export function createTestWatermark(never: readonly string[] = []): Watermark & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    refresh: async () => {},
    current: () => 'now',
    currentTimeMs: () => 1_700_000_000_000,
    async reached(at, { summaries }) {
      asked.push(summaries ? `${at}+summaries` : at)
      if (never.includes(at)) throw new WatermarkTimeout(`the write ${at} cannot be seen yet`)
    },
  }
}

/** Progress of a log of some partitions that goes on as a test says. */
export function createTestProgress(
  partitions = 1,
): Progress & { go(stored: readonly number[], flushed?: readonly number[]): void } {
  const followers = createFollowers()
  const nowhere = new Array<number>(partitions).fill(-1)
  let current = { log: 'test', stored: nowhere as readonly number[], flushed: nowhere as readonly number[] }
  return {
    progress: () => current,
    follow: followers.follow,
    go(stored, flushed = stored) {
      current = { log: 'test', stored, flushed }
      followers.tell()
    },
  }
}

export type Answer = {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly data: any
  readonly errors: readonly { message: string; extensions: { code: string; retryable: boolean } }[]
  readonly extensions: Record<string, unknown> | undefined
}

/** A query server on a reader, asked by document and variables. */
export function createAsker(
  reader: StoreReader,
  options: {
    watermark?: Watermark
    progress?: Progress
    settings?: Partial<QuerySettings>
    logger?: Logger
    persisted?: PersistedSettings
    lateWrites?: LateWrites
  } = {},
) {
  const metrics = new Metrics()
  const watermark = options.watermark ?? createTestWatermark()
  const usual = {
    queryTimeoutMs: 20_000,
    watermarkTimeoutMs: 500,
    operationsAtOnce: 4,
    operationsWaiting: 16,
    streamLifetimeMs: 60_000,
    liveRestMs: 2,
  }
  const logger = options.logger ?? silent
  const progress = options.progress ?? createTestProgress()
  const settings = { ...usual, ...options.settings }
  const persisted = options.persisted ? { persisted: options.persisted } : {}
  const { lateWrites } = options
  const server = createQueryServer({ reader, watermark, progress, logger, metrics, settings, lateWrites, ...persisted })
  async function ask(query: string, variables: unknown = {}, operationName?: string): Promise<Answer> {
    const headers = { 'content-type': 'application/json', accept: 'application/graphql-response+json' }
    const body = JSON.stringify({ query, variables, operationName })
    const response = await server.handle(new Request('http://test/graphql', { method: 'POST', headers, body }))
    const answer = (await response.json()) as Partial<Answer>
    return { status: response.status, data: answer.data, errors: answer.errors ?? [], extensions: answer.extensions }
  }
  return { ask, server, metrics }
}
export type Asker = ReturnType<typeof createAsker>

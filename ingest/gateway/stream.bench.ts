/**
 * One question: what does a frame cost the gateway, from its bytes on a socket to its acknowledgement? The gateway runs alone in a process,
 * over a log that forgets and over the embedded log; the client is another process. CPU time is the operating system's, of the gateway alone.
 *
 *     node dist/ingest/gateway/stream.bench.js [seconds of load at most, about] [case]
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { LoadAnswer, LoadJob } from './load.fixture.ts'
import type { Usage } from './server.fixture.ts'

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const next = async <T>(child: ChildProcess): Promise<T> => (await once(child, 'message'))[0] as T
const onlyCase = process.argv[2]
const scale = Number(process.argv[3] ?? 1)

async function usage(server: ChildProcess): Promise<Usage> {
  server.send('usage')
  return await next<Usage>(server)
}

async function load(
  port: number,
  job: Omit<LoadJob, 'port' | 'firstConnection' | 'connectionsPerAddress'>,
  whileGoing: (go: () => Promise<LoadAnswer>) => Promise<void>,
) {
  const client = fork(here('./load.fixture.js'))
  client.send({ ...job, port, firstConnection: 0, connectionsPerAddress: 20_000 } satisfies LoadJob)
  await next(client)
  await whileGoing(async () => {
    client.send('go')
    return await next<LoadAnswer>(client)
  })
  client.disconnect()
}

type Case = { readonly name: string; readonly log: 'forgetful' | 'embedded' } & Pick<
  LoadJob,
  'shape' | 'form' | 'frames' | 'query'
>

const cases: readonly Case[] = [
  { name: 'sparse', log: 'forgetful', shape: 'sparse', form: 'columns', frames: 80_000 },
  {
    name: 'sparse, acks together',
    log: 'forgetful',
    shape: 'sparse',
    form: 'columns',
    frames: 80_000,
    query: '?acks=ranges',
  },
  { name: 'sparse, on the embedded log', log: 'embedded', shape: 'sparse', form: 'columns', frames: 80_000 },
  { name: 'dense', log: 'forgetful', shape: 'dense', form: 'columns', frames: 19_968 },
  { name: 'dense, on the embedded log', log: 'embedded', shape: 'dense', form: 'columns', frames: 19_968 },
  { name: 'sparse, rows by hand', log: 'forgetful', shape: 'sparse', form: 'rows', frames: 4_992 },
]

type Row = Record<string, string | number>
type Round = { readonly frames: number; readonly checks?: boolean; readonly framesPerSecond?: number }

async function measure({ name, log, query, ...job }: Case): Promise<Row> {
  const directory = await mkdtemp('bench-gateway-')
  const execArgv = process.env.SERVER_FLAGS?.split(' ') ?? []
  let rounds = 0

  async function round({
    frames,
    checks = false,
    framesPerSecond,
  }: Round): Promise<{ row: Row; rate: number; p99: number }> {
    const arguments_ = [log, `${directory}/${rounds++}`, ...(checks ? ['check'] : [])]
    const server = fork(here('./server.fixture.js'), arguments_, { execArgv })
    const { port } = await next<{ port: number }>(server)
    let result = { row: {} as Row, rate: 0, p99: 0 }
    const common = {
      ...job,
      frames,
      connections: 8,
      runs: 312,
      // As far as the credit goes, in frames or in bytes.
      window: job.shape === 'sparse' ? 1024 : 480,
      together: 32,
      ...(query ? { query } : {}),
    }
    await load(port, framesPerSecond === undefined ? common : { ...common, framesPerSecond }, async (go) => {
      const before = await usage(server)
      const startedMs = performance.now()
      const answer = await go()
      const seconds = (performance.now() - startedMs) / 1000
      const after = await usage(server)
      if (answer.refused > 0) throw new Error(`${name}: ${answer.refused} frames were refused`)
      if (checks && after.frames - before.frames !== answer.frames) throw new Error(`${name}: not all is in the log`)
      const pointsPerFrame = job.shape === 'sparse' ? 100 : 1_000
      const micros = ((after.cpuSeconds - before.cpuSeconds) * 1e6) / answer.frames
      const userMicros = ((after.userSeconds - before.userSeconds) * 1e6) / answer.frames
      const bytesPerFrame = (after.recordBytes - before.recordBytes) / answer.frames
      const row = {
        case: name,
        'CPU µs a frame': Number(micros.toFixed(2)),
        'of it user': Number(userMicros.toFixed(2)),
        'CPU s per 1 M points': Number((micros / pointsPerFrame).toFixed(4)),
        'frames/s': Math.round(answer.frames / seconds),
        'frames a record': Math.round(answer.frames / (after.records - before.records)),
        'bytes a point': Number((bytesPerFrame / pointsPerFrame).toFixed(3)),
        'resident MB': Math.round(after.residentBytes / 1e6),
      }
      result = { row, rate: answer.frames / seconds, p99: answer.ackP99Ms }
    })
    server.kill('SIGTERM')
    await once(server, 'exit')
    return result
  }

  try {
    await round({ frames: 320, checks: true })
    const { row, rate } = await round({ frames: job.frames * scale })
    // 4 s, the first of which does not count.
    const frames = Math.ceil(((rate / 2) * 4) / 8 / 32) * 32
    const half = await round({ frames, framesPerSecond: rate / 2 })
    return { ...row, 'ack p99 at half of the rate, ms': Number(half.p99.toFixed(1)) }
  } finally {
    await rm(directory, { recursive: true })
  }
}

const rows: Row[] = []
for (const one of cases) if (onlyCase === undefined || one.name.startsWith(onlyCase)) rows.push(await measure(one))
console.table(rows)

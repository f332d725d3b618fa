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

const points = 1000
async function measure({ name, log, query, ...job }: Case): Promise<Record<string, string | number>> {
  const directory = await mkdtemp('bench-gateway-')
  const execArgv = process.env.SERVER_FLAGS?.split(' ') ?? []
  async function round(frames: number, checks: boolean): Promise<Record<string, string | number>> {
    const server = fork(here('./server.fixture.js'), [log, `${directory}/${checks}`, ...(checks ? ['check'] : [])], {
      execArgv,
    })
    const { port } = await next<{ port: number }>(server)
    let row: Record<string, string | number> = {}
    const common = { ...job, frames, connections: 8, runs: 312, window: 512, together: 32, ...(query ? { query } : {}) }
    await load(port, common, async (go) => {
      const before = await usage(server)
      const started = performance.now()
      const answer = await go()
      const seconds = (performance.now() - started) / 1000
      const after = await usage(server)
      if (answer.refused > 0) throw new Error(`${name}: ${answer.refused} frames were refused`)
      if (checks && after.frames - before.frames !== answer.frames) throw new Error(`${name}: not all is in the log`)
      const perFrame = job.shape === 'sparse' ? 100 : points
      const micros = ((after.cpuSeconds - before.cpuSeconds) * 1e6) / answer.frames
      row = {
        case: name,
        'CPU µs a frame': Number(micros.toFixed(2)),
        'of it user': Number((((after.userSeconds - before.userSeconds) * 1e6) / answer.frames).toFixed(2)),
        'CPU s per 1 M points': Number((micros / perFrame).toFixed(4)),
        'frames/s': Math.round(answer.frames / seconds),
        'frames a record': Math.round(answer.frames / (after.records - before.records)),
        'bytes a point': Number(((after.recordBytes - before.recordBytes) / answer.frames / perFrame).toFixed(3)),
        'resident MB': Math.round(after.residentBytes / 1e6),
      }
    })
    server.kill('SIGTERM')
    await once(server, 'exit')
    return row
  }
  try {
    await round(320, true)
    return await round(job.frames * scale, false)
  } finally {
    await rm(directory, { recursive: true })
  }
}

const rows: Record<string, string | number>[] = []
for (const one of cases) if (onlyCase === undefined || one.name.startsWith(onlyCase)) rows.push(await measure(one))
console.table(rows)

/**
 * One question: what memory do thousands of connections take in a gateway, idle and while all of them send? Each is a job of its own that
 * logs 100 metrics; the clients are other processes on this machine, from several addresses of the loopback, as one has too few ports.
 *
 *     node dist/ingest/gateway/connections.bench.js [connections] [frames/s over all] [frames of each]
 *
 * Every process needs as many open files as it has connections: `ulimit -n`.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LoadAnswer, LoadJob } from './load.fixture.ts'
import type { Usage } from './server.fixture.ts'

const [connections = 10_000, framesPerSecond = 20_000, frames = 20] = process.argv.slice(2).map(Number)
const connectionsPerClient = 2_500
const connectionsPerAddress = 5_000
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const next = async <T>(child: ChildProcess): Promise<T> => (await once(child, 'message'))[0] as T

function checkOpenFiles(): void {
  const most = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }))
  if (most < connections + 100)
    throw new Error(`${most} files may be open; say \`ulimit -n ${connections + 1_000}\` first`)
}

/** Resident memory that is no file, and its peak, in bytes. */
function memoryOf(pid: number): { anonymous: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(text)?.[1] ?? Number.NaN) * 1024
  return { anonymous: field('RssAnon'), peak: field('VmHWM') }
}

checkOpenFiles()
const execArgv = ['--expose-gc', ...(process.env.SERVER_FLAGS?.split(' ') ?? [])]
const server = fork(here('./server.fixture.js'), ['forgetful'], { execArgv })
const { port } = await next<{ port: number }>(server)
const table: Record<string, string | number>[] = []
const empty = await measure('no connection')

async function measure(when: string, collect = true): Promise<Usage> {
  server.send(collect ? 'collect' : 'usage')
  const usage = await next<Usage>(server)
  const { anonymous, peak } = memoryOf(server.pid!)
  table.push({
    when,
    'resident MB': Math.round(usage.residentBytes / 1e6),
    'of it anonymous': Math.round(anonymous / 1e6),
    'heap MB': Math.round(usage.heapBytes / 1e6),
    'peak MB': Math.round(peak / 1e6),
  })
  return usage
}

const clients = Array.from({ length: Math.ceil(connections / connectionsPerClient) }, () =>
  fork(here('./load.fixture.js')),
)
for (const [index, client] of clients.entries()) {
  const firstConnection = index * connectionsPerClient
  client.send({
    ...{
      port,
      firstConnection,
      connectionsPerAddress,
      shape: 'sparse',
      form: 'columns',
      runs: 1,
      window: 64,
      together: 1,
    },
    connections: Math.min(connectionsPerClient, connections - firstConnection),
    ...{ frames, framesPerSecond: framesPerSecond / clients.length },
  } satisfies LoadJob)
  await next(client)
}
const open = await measure(`${connections} connections, one frame each`)
const startedMs = performance.now()
const answers = clients.map((client) => {
  client.send('go')
  return next<LoadAnswer>(client)
})
const duringMs = ((connections * frames) / framesPerSecond) * 500
await new Promise((resolve) => setTimeout(resolve, duringMs))
const during = await measure('while they send', false)
const sent = await Promise.all(answers)
const seconds = (performance.now() - startedMs) / 1000
const after = await measure('idle again')
console.table(table)
const total = sent.reduce((sum, answer) => sum + answer.frames, 0)
console.table({
  'frames/s': Math.round(total / seconds),
  refused: sent.reduce((sum, answer) => sum + answer.refused, 0),
  'CPU µs a frame': Number((((after.cpuSeconds - open.cpuSeconds) * 1e6) / total).toFixed(2)),
  'ack p99, ms': Number(Math.max(...sent.map((answer) => answer.ackP99Ms)).toFixed(1)),
  'bytes a connection, idle': Math.round((open.residentBytes - empty.residentBytes) / connections),
  'bytes a connection, sending': Math.round((during.residentBytes - empty.residentBytes) / connections),
})
for (const client of clients) client.disconnect()
server.disconnect()

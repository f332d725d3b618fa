import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codesOf } from '../../schema/value-encoding.ts'
import type { Store } from './contract.ts'
import type { BlockColumn } from './native-block.ts'
import { openRemote, quiet, startStoreProcess } from './server.fixture.ts'
import { openStore } from './store.ts'

/**
 * What does it cost to have the store in a process of its own? Blocks of 1 M points in order of the key, and the smallest question,
 * embedded and over HTTP; CPU of this process and of the store's.
 *
 *     node dist/ingest/store/remote.bench.js
 */
const rows = 1_000_000
const rounds = 9
const questions = 1_000

function block(round: number): BlockColumn[] {
  const each = <T>(make: (row: number) => T) => Array.from({ length: rows }, (_, row) => make(row))
  const run = BigUint64Array.from(each((row) => (BigInt(Math.floor(row / 100)) * 2n ** 64n) / 10_000n))
  const metric = BigUint64Array.from(each((row) => (BigInt(row % 100) * 2n ** 64n) / 100n))
  const time = new BigInt64Array(rows).fill(BigInt(1_700_000_000_000 + round))
  return [
    { name: 'run', type: 'UInt64', data: run },
    { name: 'metric', type: 'UInt64', data: metric },
    { name: 'step', type: 'Int64', data: new BigInt64Array(rows).fill(BigInt(round)) },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: time },
    {
      name: 'code',
      type: 'UInt64',
      data: codesOf(
        Float64Array.from({ length: rows }, () => Math.random()),
        1,
      ),
    },
    { name: 'ord', type: 'UInt64', data: new BigUint64Array(rows).fill(BigInt(round)) },
  ]
}

const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1]!
const ownCpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}
/** Linux only: user and system time of a process in ticks of 10 ms. */
async function cpuOf(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function measure(name: string, store: Store, storeCpu: () => Promise<number>): Promise<void> {
  const [own, theirs] = [ownCpu(), await storeCpu()]
  const times: number[] = []
  let making = 0
  for (let round = 0; round < rounds; round++) {
    const before = ownCpu()
    const columns = block(round)
    making += ownCpu() - before
    const started = performance.now()
    await store.insertBlock('points', rows, columns, `p:${round}`)
    times.push(performance.now() - started)
  }
  const cpu = ownCpu() - own - making
  const serverCpu = (await storeCpu()) - theirs
  const [count] = await store.reader.rows<{ n: number }>('SELECT toUInt32(count()) AS n FROM points')
  if (count?.n !== rows * rounds) throw new Error(`${name}: ${count?.n} rows stored`)
  const latencies: number[] = []
  for (let i = 0; i < questions; i++) {
    const started = performance.now()
    await store.reader.rows('SELECT 1 AS one')
    latencies.push(performance.now() - started)
  }
  const perSecond = Math.round((rows / median(times)) * 1000).toLocaleString('en')
  const each = (seconds: number) => (seconds / rounds).toFixed(2)
  console.log(`| ${name} | ${perSecond} | ${each(cpu)} | ${each(serverCpu)} | ${median(latencies).toFixed(2)} |`)
}

const directory = await mkdtemp(join(tmpdir(), 'stepstream-bench-'))
const limits = { queryTimeoutMs: 60_000, queryMemoryBytes: 4e9 }
console.log('| store | rows/s | own CPU s per 1 M rows | store CPU s per 1 M rows | SELECT 1, ms |')
console.log('| --- | --- | --- | --- | --- |')
const server = await startStoreProcess(join(directory, 'remote'))
const remote = await openRemote(server.url, limits)
await measure('over HTTP', remote, () => cpuOf(server.pid))
await remote.close()
await server.stop()
const embedded = await openStore({ dataDir: directory, readSessions: 3, logger: quiet, ...limits })
await measure('embedded', embedded, async () => 0)
await embedded.close()
await rm(directory, { recursive: true, force: true })

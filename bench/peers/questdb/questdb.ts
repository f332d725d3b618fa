/** QuestDB, from its jar in Maven's repository, run on the Java that is there. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { readChecksums, verifyChecksums } from '../../../infra/kafka/checksums.ts'
import { onPath } from '../../../infra/kafka/java.ts'
import { freePorts } from '../../../infra/kafka/ports.ts'
import { packageFile } from '../../../schema/files.ts'
import { directoryBytes } from '../../system.ts'
import { installed, PeerUnavailable, required, runInstaller } from '../cache.ts'
import { questTable } from '../formats/quest-lines.ts'
import { ask } from '../http.ts'
import type { Peer, RunningPeer, WritePath } from '../peer.ts'
import { startProgram } from '../program.ts'
import { until } from '../until.ts'
import { paths } from './paths.ts'
import { countRows, countValues, createTable, type Layout, rowsOf, selectSeries } from './tables.ts'

const pom = 'bench/peers/questdb/pom.xml'
const checksums = 'bench/peers/questdb/checksums.sha256'
const version = /<questdb\.version>([0-9.]+)</.exec(readFileSync(packageFile(pom), 'utf8'))![1]!
const getJava = 'install Java 17 or newer (Debian: apt-get install openjdk-17-jre-headless)'

export const questdb: Peer = {
  name: 'questdb',
  version,
  paths,
  framesPerRun: { dense: 1, sparse: 1 },
  maximumPoints: Number.POSITIVE_INFINITY,
  lost: 'NaN and infinities, which are null in it',
  install: async (cache) => {
    const folder = await installed({ name: 'questdb', version, pins: [pom, checksums], fill: fetchJars }, cache)
    await verify(folder)
    return folder
  },
  start,
}

async function fetchJars(folder: string): Promise<void> {
  const maven = required('mvn', 'QuestDB', 'install Maven (Debian: apt-get install maven)')
  const repository = join(folder, 'repository')
  await mkdir(repository)
  await runInstaller(
    maven,
    [
      '--batch-mode',
      '--quiet',
      '--strict-checksums',
      `--file=${packageFile(pom)}`,
      `-Dmaven.repo.local=${repository}`,
      `-DoutputDirectory=${join(folder, 'jars')}`,
      'dependency:copy-dependencies',
    ],
    folder,
  )
  await verify(folder)
  await rm(repository, { recursive: true })
}

async function verify(folder: string): Promise<void> {
  await verifyChecksums(join(folder, 'jars'), await readChecksums(packageFile(checksums)), `The jars in ${folder}`)
}

/** Nothing listens besides HTTP, nobody is told anything, and what the log of writes leaves behind goes soon. */
const settings = (port: number) => `http.bind.to=127.0.0.1:${port}
http.min.enabled=false
pg.enabled=false
line.tcp.enabled=false
telemetry.enabled=false
cairo.wal.purge.interval=1s
`

function java(): string {
  const home = process.env.JAVA_HOME
  const path = home ? join(home, 'bin', 'java') : onPath('java')
  if (path === undefined) throw new PeerUnavailable(`QuestDB needs java, which is not on PATH: ${getJava}`)
  return path
}

async function start(folder: string, directory: string, path: WritePath): Promise<RunningPeer> {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  mkdirSync(join(directory, 'conf'))
  writeFileSync(join(directory, 'conf', 'server.conf'), settings(port!))
  const running = await startProgram({
    name: 'QuestDB',
    command: java(),
    // The collector of its own start script, without touching a quarter of the machine's memory beforehand.
    options: [
      '-XX:+UseParallelGC',
      '-Xmx2g',
      '-p',
      join(folder, 'jars', `questdb-${version}.jar`),
      '-m',
      'io.questdb/io.questdb.ServerMain',
      '-d',
      directory,
    ],
    directory,
    logFile: join(directory, 'questdb.log'),
    isReady: async () => (await rows(url, 'SELECT 1'))[0]?.[0] === 1,
  })
  const layout: Layout = { wide: path.format.startsWith('questWide'), arrival: path.format.endsWith('Arrival') }
  return {
    ...running,
    url,
    prepare: async (dataset) => {
      await rows(url, createTable(dataset, layout))
      return []
    },
    untilQueryable: (dataset) =>
      until(async () => (await number(url, countRows)) === rowsOf(dataset, layout), 'QuestDB counting all rows'),
    series: async (dataset, run, metric) => {
      const points = await rows(url, selectSeries(dataset, layout, run, metric))
      return { times: points.map(([time]) => Number(time)), values: points.map(([, value]) => Number(value)) }
    },
    settle: async () => {
      const pending = `SELECT count() FROM wal_tables() WHERE writerTxn != sequencerTxn`
      await until(async () => (await number(url, pending)) === 0, 'QuestDB applying its log of writes')
    },
    countPoints: (dataset) => number(url, countValues(dataset, layout)),
    bytesOnDisk: () => tableBytes(join(directory, 'db')),
  }
}

type Cell = number | string | null

async function rows(url: string, query: string): Promise<Cell[][]> {
  return (JSON.parse(await ask(`${url}/exec`, { query })) as { dataset?: Cell[][] }).dataset ?? []
}

async function number(url: string, query: string): Promise<number> {
  return Number((await rows(url, query))[0]![0])
}

/** The table without its log of writes, which goes once it is applied. */
function tableBytes(database: string): number {
  const table = readdirSync(database).find((name) => name.startsWith(`${questTable}~`) || name === questTable)!
  const parts = readdirSync(join(database, table)).filter((name) => !/^(wal\d|txn_seq)/.test(name))
  return parts.reduce((sum, part) => sum + directoryBytes(join(database, table, part)), 0)
}

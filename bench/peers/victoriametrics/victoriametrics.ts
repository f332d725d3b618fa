/** VictoriaMetrics, single node, built from its Go module. */
import { readFileSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../infra/kafka/ports.ts'
import { packageFile } from '../../../schema/files.ts'
import { type Dataset, runId, timeMs } from '../../dataset.ts'
import { directoryBytes } from '../../system.ts'
import { installed, required, runInstaller } from '../cache.ts'
import { ask } from '../http.ts'
import type { Peer, RunningPeer } from '../peer.ts'
import { startProgram } from '../program.ts'
import { until } from '../until.ts'
import { parseExport, parseScalar, sumMetric } from './answers.ts'
import { paths } from './paths.ts'

const pins = ['bench/peers/victoriametrics/go.mod', 'bench/peers/victoriametrics/go.sum']
const version = /VictoriaMetrics\/VictoriaMetrics v(\S+)/.exec(readFileSync(packageFile(pins[0]!), 'utf8'))![1]!
const program = 'victoria-metrics'

export const victoriametrics: Peer = {
  name: 'victoriametrics',
  version,
  paths,
  framesPerRun: { dense: 1, sparse: 1 },
  maximumPoints: Number.POSITIVE_INFINITY,
  lost: 'steps (a point is a time and a value), NaN, digits after the first twelve or so',
  install: (cache) => installed({ name: 'victoriametrics', version, pins, fill: build }, cache),
  start,
}

/** The sums of go.sum, which is committed, are verified by Go for each module. */
async function build(folder: string): Promise<void> {
  const go = required('go', 'VictoriaMetrics', 'install Go 1.21 or newer (Debian: apt-get install golang-go)')
  const module = join(folder, 'module')
  await mkdir(module)
  for (const pin of pins) await copyFile(packageFile(pin), join(module, pin.slice(pin.lastIndexOf('/') + 1)))
  const source = 'github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics'
  await runInstaller(go, ['build', '-mod=readonly', '-trimpath', '-o', join(folder, program), source], module)
}

async function start(folder: string, directory: string): Promise<RunningPeer> {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const data = join(directory, 'data')
  const running = await startProgram({
    name: 'VictoriaMetrics',
    command: join(folder, program),
    options: [
      `-httpListenAddr=127.0.0.1:${port}`,
      `-storageDataPath=${data}`,
      // The points' times are fixed, so they grow older than any shorter retention.
      '-retentionPeriod=100y',
      // InfluxDB's lines give the same names as the other formats.
      '-influxSkipMeasurement',
      // So that counting all points is no question too large.
      '-search.maxUniqueTimeseries=10000000',
      '-search.maxQueryDuration=2m',
    ],
    directory,
    logFile: join(directory, 'victoria-metrics.log'),
    isReady: async () => (await ask(`${url}/health`)) === 'OK',
  })
  return {
    ...running,
    url,
    prepare: async () => [],
    untilQueryable: async (dataset) => {
      await ask(`${url}/internal/force_flush`)
      const { run, step } = lastStep(dataset)
      const isFound = async () => (await series(url, dataset, run, 2)).times.at(-1) === timeMs(dataset, run, step)
      await until(isFound, `VictoriaMetrics showing the last step of ${runId(run)}`)
    },
    series: (dataset, run, metric) => series(url, dataset, run, metric),
    settle: () => mergeAll(url),
    countPoints: (dataset) => countPoints(url, dataset),
    bytesOnDisk: () => directoryBytes(join(data, 'data')) + directoryBytes(join(data, 'indexdb')),
  }
}

/** The step that was sent last. The third metric of every shape is an accuracy, so it is never NaN. */
function lastStep(dataset: Dataset): { run: number; step: number } {
  const last = dataset.frames - 1
  const block = Math.floor(last / dataset.runs)
  return { run: last % dataset.runs, step: (block + 1) * dataset.stepsPerFrame - 1 }
}

async function series(url: string, dataset: Dataset, run: number, metric: number) {
  const selector = `{__name__="${dataset.metrics[metric]!.name}",run="${runId(run)}"}`
  return parseExport(await ask(`${url}/api/v1/export`, { 'match[]': selector }))
}

/** A question for each metric: what `count_over_time` finds in all of its series. */
async function countPoints(url: string, dataset: Dataset): Promise<number> {
  const blocks = Math.ceil(dataset.frames / dataset.runs)
  const firstMs = timeMs(dataset, 0, 0)
  const endMs = timeMs(dataset, dataset.runs, blocks * dataset.stepsPerFrame)
  let points = 0
  for (const { name } of dataset.metrics) {
    const query = `sum(count_over_time({__name__="${name}"}[${endMs - firstMs + 1}ms]))`
    points += parseScalar(await ask(`${url}/api/v1/query`, { query, time: String(endMs / 1_000), nocache: '1' }))
  }
  return points
}

/** Everything into as few parts as it makes of itself in the end. */
async function mergeAll(url: string): Promise<void> {
  await ask(`${url}/internal/force_flush`)
  await ask(`${url}/internal/force_merge`)
  const busy = async () => {
    const text = await ask(`${url}/metrics`)
    return sumMetric(text, 'vm_active_force_merges') + sumMetric(text, 'vm_active_merges')
  }
  let quiet = 0
  // Several times in a row, for a merge may start another.
  await until(async () => {
    quiet = (await busy()) === 0 ? quiet + 1 : 0
    return quiet === 50
  }, 'the end of VictoriaMetrics merges')
}

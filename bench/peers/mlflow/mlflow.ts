/** The MLflow tracking server with SQLite, in a virtual environment of Python packages. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../../../infra/kafka/ports.ts'
import { packageFile } from '../../../schema/files.ts'
import { type Dataset, runId, timeMs } from '../../dataset.ts'
import { directoryBytes } from '../../system.ts'
import { installed, required, runInstaller } from '../cache.ts'
import { ask, postJson } from '../http.ts'
import type { Peer, RunningPeer, WritePath } from '../peer.ts'
import { startProgram } from '../program.ts'
import { parseHistory } from './answers.ts'
import { paths } from './paths.ts'

const requirements = 'bench/peers/mlflow/requirements.txt'
const version = /^mlflow==(\S+)$/m.exec(readFileSync(packageFile(requirements), 'utf8'))![1]!

export const mlflow: Peer = {
  name: 'mlflow',
  version,
  paths,
  framesPerRun: { dense: 1, sparse: 10 },
  maximumPoints: 100_000,
  lost: 'infinities, which become the largest finite number',
  install: (cache) => installed({ name: 'mlflow', version, pins: [requirements], fill: createEnvironment }, cache),
  start,
}

/** Only `python -m …` is used of it: scripts in it name the folder in which it was made. */
async function createEnvironment(folder: string): Promise<void> {
  const how = 'install Python 3.11 or newer with venv (Debian: apt-get install python3-venv)'
  const python = required('python3', 'MLflow', how)
  await runInstaller(python, ['-m', 'venv', folder], folder)
  await runInstaller(pythonOf(folder), ['-m', 'pip', 'install', '-r', packageFile(requirements)], folder)
}

const pythonOf = (folder: string) => join(folder, 'bin', 'python')

/** Nothing besides the tracking server: no jobs in the background, nobody is told anything. */
const environment = {
  MLFLOW_DISABLE_TELEMETRY: 'true',
  DO_NOT_TRACK: 'true',
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
}

async function start(folder: string, directory: string, path: WritePath): Promise<RunningPeer> {
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}`
  const api = `${url}/api/2.0/mlflow`
  const database = join(directory, 'mlflow.db')
  const logFile = join(directory, 'mlflow.log')
  const workers = path.workers ?? 1
  const running = await startProgram({
    name: 'MLflow',
    command: pythonOf(folder),
    options: [
      '-m',
      'mlflow',
      'server',
      `--backend-store-uri=sqlite:///${database}`,
      `--default-artifact-root=${join(directory, 'artifacts')}`,
      '--host=127.0.0.1',
      `--port=${port}`,
      `--workers=${workers}`,
    ],
    directory,
    environment,
    logFile,
    isReady: async () => {
      const started = readFileSync(logFile, 'utf8').match(/Application startup complete/g)?.length ?? 0
      return started >= workers && (await ask(`${url}/health`)) === 'OK'
    },
  })
  const names = { runIds: [] as string[] }
  return {
    ...running,
    url,
    prepare: async (dataset) => {
      names.runIds = await createRuns(api, dataset)
      return names.runIds
    },
    // A call is answered when its transaction is committed.
    untilQueryable: async () => {},
    series: async (dataset, run, metric) => {
      const parameters = { run_id: names.runIds[run]!, metric_key: dataset.metrics[metric]!.name }
      return parseHistory(await ask(`${api}/metrics/get-history`, parameters))
    },
    settle: async () => {},
    countPoints: () => countMetrics(pythonOf(folder), database),
    bytesOnDisk: () => ['', '-wal', '-shm'].reduce((sum, end) => sum + directoryBytes(`${database}${end}`), 0),
  }
}

async function createRuns(api: string, dataset: Dataset): Promise<string[]> {
  const { experiment_id } = await postJson<{ experiment_id: string }>(`${api}/experiments/create`, { name: 'bench' })
  const ids: string[] = []
  for (let run = 0; run < dataset.runs; run++) {
    const wish = { experiment_id, run_name: runId(run), start_time: timeMs(dataset, run, 0) }
    const answer = await postJson<{ run: { info: { run_id: string } } }>(`${api}/runs/create`, wish)
    ids.push(answer.run.info.run_id)
  }
  return ids
}

const countScript =
  'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM metrics").fetchone()[0])'

async function countMetrics(python: string, database: string): Promise<number> {
  const { stdout } = await promisify(execFile)(python, ['-c', countScript, database])
  return Number(stdout)
}

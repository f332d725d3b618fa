/** The MLflow tracking server's own calls for histories of a metric and for searching runs. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { mlflow } from '../../peers/mlflow/mlflow.ts'
import { createPoster } from '../../post.ts'
import { shortNumber } from '../../report/svg.ts'
import { type Curve, firstLogged, timeOf } from '../curve.ts'
import { metrics, runRow, summaryOf } from '../runs-data.ts'
import type { LoadedPeer, PeerQuestion } from './peer.ts'

export type MlflowSizes = {
  /** Each step once and in order; the first of them are asked for all points as well. */
  readonly curves: readonly Curve[]
  /** One experiment of so many runs each. */
  readonly experiments: readonly number[]
}

const metric = 'train/loss'
const buckets = 1_000
const pageRows = 50
/** Of a longer one the answer of all points takes many seconds. */
const longestHistory = 100_000

/** Loads by SQL into the server's own SQLite file: through its API a million points take three minutes, 10,000 runs as long. */
export async function loadMlflow(folder: string, directory: string, sizes: MlflowSizes): Promise<LoadedPeer> {
  const running = await mlflow.start(folder, directory, mlflow.paths.dense[0]!)
  const poster = createPoster(running.url, undefined)
  const rows = join(directory, 'rows.json')
  await writeRows(rows, sizes)
  const python = join(folder, 'bin', 'python')
  const began = performance.now()
  await promisify(execFile)(python, ['-c', loadScript, join(directory, 'mlflow.db'), rows])
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)

  const histories = sizes.curves.flatMap((curve): PeerQuestion[] => {
    const size = shortNumber(curve.steps)
    const ours = `curve-1e${Math.log10(curve.steps)}-ordered-packed`
    const bulk = `/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval?run_ids=${idOf(curve.run)}&metric_key=${metric}&max_results=${buckets}`
    const all = `/api/2.0/mlflow/metrics/get-history?run_id=${idOf(curve.run)}&metric_key=${metric}`
    const call = (path: string) => () => poster.get(path)
    const one = (path: string, words: string, note: string, least: number): PeerQuestion => ({
      ...{ question: `${words} of a series of ${size} points`, ours, note, call: call(path) },
      verify: () => checkHistory(poster, path, curve, least),
    })
    const sampled = one(
      bulk,
      `get-history-bulk-interval, ${buckets} points`,
      'every n-th point: spikes are lost',
      Math.min(curve.steps, buckets),
    )
    if (curve.steps > longestHistory) return [sampled]
    return [sampled, one(all, 'get-history, all points', 'nothing is reduced', curve.steps)]
  })

  const searches = sizes.experiments.map((runs, index): PeerQuestion => {
    const body = JSON.stringify({
      experiment_ids: [String(experimentOf(index))],
      filter: "attributes.status = 'FINISHED' and params.optimizer = 'adamw'",
      order_by: ['metrics.`val/loss` ASC'],
      max_results: pageRows,
    })
    const path = '/api/2.0/mlflow/runs/search'
    return {
      question: `runs/search: finished, one optimizer, by val/loss, ${shortNumber(runs)} runs`,
      ours: `runs-${runs}-as-mlflow-shown`,
      note: 'its answer has all 50 metrics of each run',
      call: () => poster.ask(body, path),
      async verify() {
        const { body: answer } = await poster.ask(body, path)
        const text = answer.toString('utf8').replace(/("value":\s*)(-?Infinity|NaN)\b/g, '$1"$2"')
        const found = (JSON.parse(text) as { runs: { info: { run_name: string } }[] }).runs.map(
          (run) => run.info.run_name,
        )
        const expected = expectedSearch(runs)
        if (found.join() !== expected.join()) throw new Error(`MLflow found ${found}, must be ${expected}`)
      },
    }
  })

  return {
    questions: [...histories, ...searches],
    loaded: `by SQL into its SQLite file, in ${seconds} s`,
    cpuSeconds: running.cpuSeconds,
    async stop() {
      poster.close()
      await running.stop()
    },
  }
}

async function checkHistory(poster: ReturnType<typeof createPoster>, path: string, curve: Curve, least: number) {
  const { body } = await poster.get(path)
  const text = body.toString('utf8').replace(/("value":\s*)(-?Infinity|NaN)\b/g, '$1"$2"')
  const found = (JSON.parse(text) as { metrics: { step: number; value: number | string }[] }).metrics
  const { values } = firstLogged(curve, 0, curve.steps)
  const wrong = found.find(
    ({ step, value }) => Number.isFinite(values[Number(step)]) && Number(value) !== values[Number(step)],
  )
  if (found.length < least || wrong) {
    throw new Error(`MLflow has ${found.length} points of ${curve.run}, one of them ${JSON.stringify(wrong)}`)
  }
}

function expectedSearch(runs: number): string[] {
  const found: { run: string; key: number }[] = []
  for (let run = 0; run < runs; run++) {
    const row = runRow(run)
    const { last } = summaryOf(run, metrics.indexOf('val/loss'))
    const passes = row.state === 'finished' && row.params.get('optimizer') === 'adamw' && !Number.isNaN(last)
    if (passes) found.push({ run: row.run, key: last })
  }
  return found
    .sort((a, b) => a.key - b.key)
    .slice(0, pageRows)
    .map(({ run }) => run)
}

const idOf = (run: string): string => createHash('md5').update(run).digest('hex')
/** Of the n-th experiment that is loaded; the server's own default one is 0. */
const experimentOf = (index: number): number => 1_000 + index

/** A line of JSON for each row: its table, and its columns as the script below names them. */
async function writeRows(path: string, { curves, experiments }: MlflowSizes): Promise<void> {
  const file = createWriteStream(path)
  const put = async (row: readonly unknown[]): Promise<void> => {
    if (!file.write(`${JSON.stringify(row)}\n`)) await once(file, 'drain')
  }
  await put(['experiments', 999, 'curves'])
  for (const curve of curves) {
    await put(['runs', idOf(curve.run), curve.run, 'FINISHED', timeOf(0), 999])
    const { steps, values } = firstLogged(curve, 0, curve.steps)
    for (let i = 0; i < steps.length; i++) {
      await put(['metrics', metric, ...stored(values[i]!), timeOf(steps[i]!), steps[i], idOf(curve.run)])
    }
  }
  for (const [index, runs] of experiments.entries()) {
    await put(['experiments', experimentOf(index), `runs-${runs}`])
    for (let run = 0; run < runs; run++) {
      const row = runRow(run)
      const id = idOf(`${runs}/${row.run}`)
      await put(['runs', id, row.run, row.state.toUpperCase(), row.createdMs, experimentOf(index)])
      for (const [name, value] of row.params) await put(['params', name, String(value), id])
      for (const [name, value] of row.tags) await put(['tags', name, value, id])
      for (const [m, name] of metrics.entries()) {
        const { last, lastStep } = summaryOf(run, m)
        await put(['metrics', name, ...stored(last), row.createdMs, lastStep, id])
        await put(['latest_metrics', name, ...stored(last), row.createdMs, lastStep, id])
      }
    }
  }
  file.end()
  await finished(file)
}

/** As the server itself stores them: NaN as 0 with a mark, infinities as the largest numbers. */
function stored(value: number): [number, number] {
  if (Number.isNaN(value)) return [0, 1]
  return [Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value)), 0]
}

const loadScript = `
import json, sqlite3, sys
statements = {
  'experiments': "INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (?, ?, 'active')",
  'runs': "INSERT INTO runs (run_uuid, name, status, start_time, experiment_id, lifecycle_stage, source_type, user_id) VALUES (?, ?, ?, ?, ?, 'active', 'UNKNOWN', '')",
  'params': 'INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)',
  'tags': 'INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)',
  'metrics': 'INSERT INTO metrics (key, value, is_nan, timestamp, step, run_uuid) VALUES (?, ?, ?, ?, ?, ?)',
  'latest_metrics': 'INSERT INTO latest_metrics (key, value, is_nan, timestamp, step, run_uuid) VALUES (?, ?, ?, ?, ?, ?)',
}
base = sqlite3.connect(sys.argv[1])
rows = {name: [] for name in statements}
for line in open(sys.argv[2]):
  table, *values = json.loads(line)
  rows[table].append(values)
for table, statement in statements.items():
  base.executemany(statement, rows[table])
base.commit()
base.execute('ANALYZE')
base.commit()
`

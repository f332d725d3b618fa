import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onExit } from '../../cleanup.ts'
import { defaultCache, PeerUnavailable } from '../../peers/cache.ts'
import { mlflow } from '../../peers/mlflow/mlflow.ts'
import { victoriametrics } from '../../peers/victoriametrics/victoriametrics.ts'
import type { Progress } from '../../progress.ts'
import type { QueryPeer } from '../options.ts'
import type { Plan } from '../plan.ts'
import { timeCalls } from '../timing.ts'
import { loadMlflow } from './mlflow.ts'
import type { LoadedPeer, PeerFindings, PeerLine } from './peer.ts'
import { loadVictoriaMetrics } from './victoriametrics.ts'

/** Both hold more, but take minutes to load it. */
const longestCurve = 1e6
const mostRuns = 10_000

/** Installs, loads, verifies and times each, one after the other; one that cannot be had here says why. */
export async function measurePeers(
  names: ReadonlySet<QueryPeer>,
  plan: Plan,
  seconds: number,
  progress: Progress,
): Promise<Readonly<Record<string, PeerFindings>>> {
  const found: Record<string, PeerFindings> = {}
  for (const name of names) {
    progress.step(`${name}: installing unless it is there, and loading`)
    try {
      found[name] = await measure(name, plan, seconds, progress)
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error
      progress.step(`${name} cannot be had here: ${error.message}`)
      found[name] = { unavailable: error.message }
    }
  }
  return found
}

async function measure(name: QueryPeer, plan: Plan, seconds: number, progress: Progress): Promise<PeerFindings> {
  const peer = name === 'mlflow' ? mlflow : victoriametrics
  const folder = await peer.install(defaultCache())
  const directory = mkdtempSync(join(tmpdir(), `stepstream-query-${name}-`))
  const removed = onExit(() => rmSync(directory, { recursive: true, force: true }))
  mkdirSync(directory, { recursive: true })
  const loaded = await load(name, folder, directory, plan)
  try {
    const lines: PeerLine[] = []
    for (const one of loaded.questions) {
      progress.update(`${name}: ${one.question}`)
      await one.verify()
      lines.push(await timed(loaded, one, seconds))
    }
    return { version: peer.version, loaded: loaded.loaded, lines }
  } finally {
    await loaded.stop()
    removed()
  }
}

function load(name: QueryPeer, folder: string, directory: string, plan: Plan): Promise<LoadedPeer> {
  const curves = plan.lengths
    .flatMap((project) => project.curves)
    .filter(({ kind, steps }) => kind === 'ordered' && steps <= longestCurve)
  if (name === 'victoriametrics') return loadVictoriaMetrics(folder, directory, curves)
  const experiments = [...new Set([1_000, mostRuns].map((runs) => Math.min(runs, plan.runs)))]
  return loadMlflow(folder, directory, { curves, experiments })
}

async function timed(
  peer: LoadedPeer,
  { question, ours, note, call }: LoadedPeer['questions'][number],
  seconds: number,
) {
  const isGood: typeof call = async () => {
    const answer = await call()
    if (answer.status !== 200) throw new Error(`${question} was answered with ${answer.status}`)
    return answer
  }
  await timeCalls([isGood], { clients: 1, seconds: 0, leastSamples: 3, longestSeconds: 10 })
  const before = peer.cpuSeconds()
  const { latency, meanBytes } = await timeCalls([isGood], {
    ...{ clients: 1, seconds },
    leastSamples: 10,
    longestSeconds: seconds * 5,
  })
  const cpuSecondsPerQuestion = (peer.cpuSeconds() - before) / latency.count
  const bytes = Math.round(meanBytes)
  return { question, ours, note, measured: latency, samples: latency.count, bytes, cpuSecondsPerQuestion }
}

/** One way to write into one peer, measured from its start on an empty folder to its data on disk. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { onExit } from '../cleanup.ts'
import { addComparisons, type Comparison, compareSeries, sampledSeries, sentSeries } from './comparison.ts'
import { type PeerData, peerDataset } from './data.ts'
import type { Peer, RunningPeer, WritePath } from './peer.ts'
import { startSender } from './sender.ts'

export type PathResult = {
  readonly path: string
  readonly connections: number
  readonly sentPoints: number
  /** Those that questions find; all that follows is in relation to them. */
  readonly points: number
  /** From the first send until all is queryable. */
  readonly seconds: number
  /** Of those, until the last request was answered. */
  readonly sendSeconds: number
  readonly pointsPerSecond: number
  readonly cpuSecondsPerMillionPoints: number
  /** With what its merges took afterwards. */
  readonly cpuSecondsPerMillionPointsWithMerges: number
  /** Of sending; rendering the bodies was over before. */
  readonly clientCpuSecondsPerMillionPoints: number
  readonly renderCpuSecondsPerMillionPoints: number
  readonly wireBytesPerPoint: number
  readonly residentBytes: number
  readonly bytesPerPoint: number
  readonly comparison: Comparison
}

const sampledCount = 40

export async function measurePath(
  peer: Peer,
  folder: string,
  path: WritePath,
  data: PeerData,
  workDirectory: string,
): Promise<PathResult> {
  const directory = join(workDirectory, `${peer.name}-${process.pid}`)
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  const removed = onExit(() => rmSync(directory, { recursive: true, force: true }))
  const running = await peer.start(folder, directory, path)
  try {
    return await measureRunning(running, path, data)
  } finally {
    await running.stop()
    removed()
  }
}

async function measureRunning(running: RunningPeer, path: WritePath, data: PeerData): Promise<PathResult> {
  const dataset = peerDataset(data)
  const runIds = await running.prepare(dataset)
  const { format, framesPerBody, oneRun, gzip, headers, connections } = path
  const url = `${running.url}${path.endpoint(dataset)}`
  const job = { data, format, framesPerBody, oneRun, gzip, url, headers, connections, runIds }
  const sender = await startSender(job)
  const cpuBefore = running.cpuSeconds()
  const startMs = performance.now()
  const sent = await sender.send()
  await running.untilQueryable(dataset)
  const seconds = (performance.now() - startMs) / 1_000
  const cpuSeconds = running.cpuSeconds() - cpuBefore
  const residentBytes = running.peakResidentBytes()
  // Merges go on meanwhile, but answering our questions is not the peer's own work: its time is taken before them.
  await running.settle()
  const withMerges = running.cpuSeconds() - cpuBefore
  const points = await running.countPoints(dataset)
  const comparisons: Comparison[] = []
  for (const { run, metric } of sampledSeries(dataset, sampledCount)) {
    comparisons.push(compareSeries(sentSeries(dataset, run, metric), await running.series(dataset, run, metric)))
  }
  await running.stop()
  const perMillion = (value: number) => value / (points / 1e6)
  return {
    path: path.name,
    connections,
    sentPoints: dataset.points,
    points,
    seconds,
    sendSeconds: sent.seconds,
    pointsPerSecond: points / seconds,
    cpuSecondsPerMillionPoints: perMillion(cpuSeconds),
    cpuSecondsPerMillionPointsWithMerges: perMillion(withMerges),
    clientCpuSecondsPerMillionPoints: perMillion(sent.cpuSeconds),
    renderCpuSecondsPerMillionPoints: perMillion(sender.renderCpuSeconds),
    wireBytesPerPoint: sent.bytes / points,
    residentBytes,
    bytesPerPoint: running.bytesOnDisk() / points,
    comparison: addComparisons(comparisons),
  }
}

import { askChild } from '../children.ts'
import { createPoster } from '../post.ts'
import type { Progress } from '../progress.ts'
import { runningTarget, startEmbedded } from '../target.ts'
import { prepareIngest } from './beside.ts'
import { buildData, type DataFolder, prepareFolder } from './build.ts'
import { measureExports } from './export.ts'
import { type Line, type LineContext, measureLine, measureUnderLoad } from './lines.ts'
import type { QueryOptions } from './options.ts'
import { measurePeers } from './peers/peers.ts'
import { makePlan, type Plan } from './plan.ts'
import type { Question } from './question.ts'
import { questionsOf } from './questions.ts'
import { type QueryResult, queryResult } from './results.ts'
import type { ScanAnswer, ScanJob } from './scan-child.ts'
import { openSelectOne } from './select-one.ts'
import { untilTiled } from './tiles.ts'
import { verifyAll } from './verify.ts'

/** The whole benchmark: data, plain scans while the store is free, every answer against brute force, and only then the clock. */
export async function runQuery(options: QueryOptions, progress: Progress): Promise<QueryResult> {
  const plan = makePlan(options)
  const questions = questionsOf(plan, options.groups)
  const folder = options.url === undefined ? prepareFolder(options) : undefined
  const built = folder && (await buildData(folder, plan, options, progress))
  const scanned = folder && (await scan(folder, plan, options, progress))
  progress.step(folder ? 'starting the server on the data' : `using the server at ${options.url}`)
  const target = folder ? await startEmbedded(folder, options) : runningTarget(options.url as string, options.framesUrl)
  const tiles = await untilTiled(target, plan, progress)
  const poster = createPoster(target.questionsUrl, options.apiKey)
  const selectOne = await openSelectOne()
  const context = { target, poster, selectOne, seconds: options.seconds, scans: scanned?.milliseconds ?? {} }
  // First, while the server holds nothing for other questions: its memory is measured.
  const exports = options.groups.has('export') ? await measureExports(target, options.apiKey, plan, progress) : []
  progress.step(`verifying the answers to ${questions.length} questions against brute force`)
  const { answered, skipped } = await verifyAll(poster, questions, progress)
  const lines = await measureAlone(context, answered, options, progress)
  const underLoad = options.underLoad ? await measureBeside(context, answered, options, progress) : undefined
  if (underLoad !== undefined) {
    progress.step('verifying the answers once more')
    await verifyAll(poster, answered, progress)
  }
  const peakResidentBytes = target.peakResidentBytes()
  await selectOne.close()
  poster.close()
  progress.step('stopping the server')
  await target.stop()
  const peers = await measurePeers(options.peers, plan, options.seconds, progress)
  return queryResult(options, plan, {
    ...{ built, engine: scanned?.engine, peakResidentBytes, peers, tiles },
    ...{ skipped, exports },
    lines: [...lines, ...(underLoad?.lines ?? [])],
    ingest: underLoad?.ingest,
  })
}

/** Before the server is started: the store belongs to one process at a time. */
function scan(folder: DataFolder, { points, runs, seed }: Plan, options: QueryOptions, progress: Progress) {
  progress.step('plain scans of the same questions')
  const job = { dataDirectory: folder.data, spec: { points, runs, seed }, groups: [...options.groups] }
  return askChild<ScanJob, ScanAnswer>('query/scan-child.js', job)
}

async function measureAlone(
  context: LineContext,
  questions: readonly Question[],
  options: QueryOptions,
  progress: Progress,
): Promise<Line[]> {
  const lines: Line[] = []
  for (const clients of new Set([1, options.clients])) {
    progress.step(`asking with ${clients} client${clients === 1 ? '' : 's'}`)
    for (const question of questions) {
      const line = await measureLine(context, question, clients)
      progress.update(`${line.question}: p50 ${line.measured.p50.toFixed(1)}, p99 ${line.measured.p99.toFixed(1)} ms`)
      lines.push(line)
    }
  }
  return lines
}

async function measureBeside(
  context: LineContext,
  questions: readonly Question[],
  options: QueryOptions,
  progress: Progress,
) {
  const { apiKey, seed, rate, seconds } = options
  progress.step('finding the rate of ingest')
  const ingest = await prepareIngest(context.target, { apiKey, seed, rate, points: 2e6 * Math.min(seconds, 3) })
  progress.step(`asking while ${Math.round(ingest.wanted)} points a second come in`)
  const lines: Line[] = []
  for (const question of questions.filter(({ underLoad }) => underLoad !== undefined)) {
    const line = await measureUnderLoad(context, question, ingest)
    progress.update(`${line.question}: p50 ${line.measured.p50.toFixed(1)}, p99 ${line.measured.p99.toFixed(1)} ms`)
    lines.push(line)
  }
  return { lines, ingest: { maximum: ingest.maximum, wanted: ingest.wanted } }
}

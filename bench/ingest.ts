import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { onExit } from './cleanup.ts'
import { type DatasetSpec, makeDataset } from './dataset.ts'
import { checkFileLimit } from './file-limit.ts'
import { type FreshPlace, inspect } from './inspect.ts'
import { measure } from './measure.ts'
import type { IngestOptions } from './options.ts'
import { measurePeers } from './peer-outcomes.ts'
import type { Progress } from './progress.ts'
import { createQuestioner } from './questions.ts'
import { type IngestResult, ingestResult } from './results.ts'
import { startSplit } from './split-target.ts'
import { directoryBytes } from './system.ts'
import { type Place, runningTarget, startEmbedded, type Target } from './target.ts'
import { createTimeline } from './timeline.ts'
import { verifyOverWire } from './wire-verification.ts'

/** The whole benchmark: phases on the running system, verification and raw inserts on the stopped store, and then the peers. */
export async function runIngest(options: IngestOptions, progress: Progress): Promise<IngestResult> {
  checkFileLimit(options.connections, options.generators)
  const place = options.url === undefined ? prepareDirectory(options) : undefined
  progress.step(place ? `starting the system, data in ${place.data}` : `using the server at ${options.url}`)
  const target = place ? await start(place, options) : runningTarget(options.url as string, options.framesUrl)
  const questions = createQuestioner(target.questionsUrl, options.apiKey)
  const timeline = createTimeline(target)
  const sent = await measure({ options, target, questions, progress, timeline })
  if (place === undefined) progress.step('reading points back')
  const wire = place ? undefined : await verifyOverWire(questions, makeDataset(sent.datasets[0] as DatasetSpec))
  questions.close()
  progress.step('stopping the system')
  await target.stop()
  const inspected = place ? await inspect(place, sent, options, progress) : undefined
  const peers = await measurePeers(options, progress)
  return ingestResult(options, sent.measured, timeline.samples, { inspected, wire, peers })
}

function start(place: Place, options: IngestOptions): Promise<Target> {
  return options.log === 'kafka' ? startSplit(place, options.partitions, options) : startEmbedded(place, options)
}

/** A temporary directory that goes away with this process, unless the user names one or wants to keep it. */
function prepareDirectory(options: IngestOptions): FreshPlace {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-bench-'))
  if (options.keep) onExit(() => process.stderr.write(`kept: ${directory}\n`))
  else onExit(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  const data = options.dataDirectory === undefined ? join(directory, 'data') : resolve(options.dataDirectory)
  const fresh = directoryBytes(data) === 0
  mkdirSync(data, { recursive: true })
  return { directory, data, fresh }
}

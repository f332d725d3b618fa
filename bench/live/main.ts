import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startChild } from '../children.ts'
import { type DatasetSpec, makeDataset } from '../dataset.ts'
import { runLoad } from '../generators.ts'
import type { Shape } from '../metrics.ts'
import { createPoster } from '../post.ts'
import { constantRate, framesOf } from '../schedule.ts'
import { startEmbedded, type Target } from '../target.ts'
import { total, usedBetween } from '../usage.ts'
import type { ViewersJob, ViewersMessage, ViewersResult } from './viewers-child.ts'

const { values } = parseArgs({
  options: {
    viewers: { type: 'string', default: '1000' },
    charts: { type: 'string', default: '50' },
    owners: { type: 'string', default: '200' },
    rate: { type: 'string', default: '200000' },
    shape: { type: 'string', default: 'dense' },
    runs: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '15' },
    probes: { type: 'string', default: '25' },
    json: { type: 'string' },
  },
})
const number = (name: 'viewers' | 'charts' | 'owners' | 'rate' | 'runs' | 'seconds' | 'probes') => Number(values[name])
const seconds = number('seconds')
const leadSeconds = 2

async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-live-'))
  mkdirSync(join(directory, 'data'))
  const place = { directory, data: join(directory, 'data') }
  const target = await startEmbedded(place, { apiKey: undefined, profiledRoles: new Set(), profileDirectory: '' })
  try {
    const spec: DatasetSpec = {
      shape: values.shape as Shape,
      seed: 1,
      project: 'live',
      runs: number('runs'),
      frames: 0,
    }
    const alone = await loaded(target, spec, async () => {
      await sleep(seconds * 1_000)
    })
    const quiet = await watched(target, alone.spec, false)
    const beside = await watched(target, quiet.spec, true)
    const result = {
      ...{ viewers: number('viewers'), charts: number('charts'), owners: number('owners'), shape: values.shape },
      pointsPerSecond: Math.round(beside.pointsPerSecond),
      loadAlone: figures(alone),
      viewersAlone: { ...figures(quiet), ...quiet.result },
      together: { ...figures(beside), ...beside.result },
      peakResidentMiB: Math.round(total(target.peakResidentBytes() ?? {}) / 2 ** 20),
    }
    print(result)
    if (values.json) writeFileSync(values.json, JSON.stringify(result, null, 2))
  } finally {
    await target.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

type Phase = { readonly spec: DatasetSpec; readonly cpuPerSecond: number; readonly pointsPerSecond: number }
const figures = ({ cpuPerSecond }: Phase) => ({ serverCpuPerSecond: Math.round(cpuPerSecond * 1000) / 1000 })

/** Runs `work` beside the load, which goes on behind `spec`. */
async function loaded<Result>(target: Target, spec: DatasetSpec, work: () => Promise<Result>, extraSeconds = 0) {
  const { pointsPerFrame } = makeDataset({ ...spec, frames: 1 })
  const schedule = [constantRate(number('rate') / pointsPerFrame, leadSeconds + seconds + extraSeconds)]
  const next = { ...spec, frames: spec.frames + framesOf(schedule) }
  const job = { url: target.framesUrl, dataset: next, connections: 8, generators: 1, fromFrame: spec.frames, schedule }
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const loading = runLoad(
    job,
    [],
    () => begin(),
    () => {},
  )
  await Promise.race([begun, loading])
  await sleep(leadSeconds * 1_000)
  const { result, cpuPerSecond } = await accounted(target, work)
  const { points, seconds: taken } = await loading
  return { spec: next, result, cpuPerSecond, pointsPerSecond: points / taken }
}

async function accounted<Result>(target: Target, work: () => Promise<Result>) {
  const [before, beginMs] = [await target.cpuSeconds(), performance.now()]
  const result = await work()
  const used = total(usedBetween(before, await target.cpuSeconds()) ?? {})
  return { result, cpuPerSecond: used / ((performance.now() - beginMs) / 1_000) }
}

/** All viewers come, then probes are sent for so long, beside the load or without it. */
async function watched(target: Target, spec: DatasetSpec, withLoad: boolean) {
  const child = startChild('live/viewers-child.js')
  const messages: ViewersMessage[] = []
  child.on('message', (message: ViewersMessage) => messages.push(message))
  const metrics = makeDataset({ ...spec, frames: 1 }).metrics.map(({ name }) => name)
  const job: ViewersJob = {
    ...{ url: target.questionsUrl, project: spec.project, metrics, runs: spec.runs },
    ...{ viewers: number('viewers'), charts: number('charts'), owners: number('owners') },
    probesPerSecond: number('probes'),
    firstStep: withLoad ? 1_000_000 : 0,
  }
  child.send(job)
  const heard = async <K extends ViewersMessage['kind']>(kind: K) => {
    for (;;) {
      const found = messages.find((message) => message.kind === kind)
      if (found) return found as Extract<ViewersMessage, { kind: K }>
      if (child.exitCode !== null) throw new Error('the viewers ended')
      await sleep(20)
    }
  }
  const { seconds: openSeconds } = await heard('ready')
  const measure = async (): Promise<ViewersResult> => {
    child.send({ measureSeconds: seconds })
    const { kind: _, ...result } = await heard('done')
    return result
  }
  const phase = withLoad
    ? await loaded(target, spec, measure)
    : { spec, pointsPerSecond: 0, ...(await accounted(target, measure)) }
  const poster = createPoster(target.questionsUrl, undefined)
  const text = (await poster.get('/metrics')).body.toString()
  poster.close()
  const metric = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1] ?? 0)
  const ticks = metric('stepstream_live_tick_seconds_count')
  const meanTickMs = (1_000 * metric('stepstream_live_tick_seconds_sum')) / ticks
  return { ...phase, result: { ...phase.result, openSeconds, meanTickMs, ticks } }
}

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result, (key, value) => (key === 'curve' ? undefined : value), 2)}\n`)
}

await main()

import { hash } from 'node:crypto'
import type { DeadReason } from '../../schema/dead-letters.ts'
import { metricKey, runKey } from '../../schema/keys.ts'
import { limits } from '../../schema/limits.ts'
import { readRecord } from '../record/reader.ts'
import type { RecordFrame } from '../record/record.ts'
import { expandBlock } from './blocks.fixture.ts'
import { createSequenceOracle } from './sequence.oracle.ts'
import { type LoggedPoint, summaryOf } from './summary.oracle.ts'

/** What must be in the store, as sorted lines of text per table, so that two of them can be compared and a difference read. */
export type Contents = {
  readonly points: string[]
  readonly runs: string[]
  readonly states: string[]
  readonly series: string[]
  readonly deadLetters: string[]
}

type ModelRun = {
  readonly project: string
  readonly run: string
  readonly series: Map<string, LoggedPoint[]>
  readonly writers: Map<string, ReturnType<typeof createSequenceOracle>>
  readonly params: Map<string, unknown>
  readonly tags: Map<string, string>
  name: string
  state: string
  createdMs: number
  updatedMs: number
  receivedMs: number
  points: number
  frames: number
  duplicates: number
  /** Of the record that its last points were in, and how many of its blocks were stored of that record. */
  offset: bigint
  place: bigint
}

/** Takes all records of a log, in order and once, the plain way: what a sink without crashes, batches or memory limits would store. */
export function contentsOfLog(records: readonly Uint8Array[]): Contents {
  const runs = new Map<string, ModelRun>()
  const points: string[] = []
  const deadLetters: string[] = []
  records.forEach((payload, offset) => {
    let frames: RecordFrame[]
    try {
      frames = readRecord(payload, (_, names) => ({ names: names() }))
    } catch {
      deadLetters.push(deadLine(offset, 0, 'unreadable_record', payload))
      return
    }
    let block = 0
    for (const frame of frames) {
      const reason = takeFrame(runOf(runs, frame), frame, BigInt(offset), points)
      // Of a frame whose update does not fit, the points are stored and the rest is the letter.
      const letter = reason === 'too_many_entries' ? { ...frame, blocks: [] } : frame
      if (reason) deadLetters.push(`${offset} ${block} ${reason} ${frameText(letter)}`)
      block += Math.max(1, frame.blocks.length)
    }
  })
  const all = [...runs.values()]
  return {
    points: points.sort(),
    runs: all.map(runLine).sort(),
    states: all.map(stateLine).sort(),
    series: all.flatMap(seriesLines).sort(),
    deadLetters: deadLetters.sort(),
  }
}

function runOf(runs: Map<string, ModelRun>, { run, receivedMs }: RecordFrame): ModelRun {
  const name = JSON.stringify([run.project, run.run])
  const known = runs.get(name)
  if (known) return known
  const fresh: ModelRun = {
    ...run,
    ...{ series: new Map(), writers: new Map(), params: new Map(), tags: new Map(), name: '', state: 'running' },
    ...{ createdMs: receivedMs, updatedMs: receivedMs, receivedMs, points: 0, frames: 0, duplicates: 0 },
    ...{ offset: -1n, place: 0n },
  }
  runs.set(name, fresh)
  return fresh
}

function takeFrame(run: ModelRun, frame: RecordFrame, offset: bigint, points: string[]): DeadReason | undefined {
  run.frames++
  run.receivedMs = frame.receivedMs
  if (frame.writer !== undefined && frame.seq !== undefined) {
    const verdict = judge(run, frame.writer)(frame.seq)
    if (verdict === 'seen') run.duplicates++
    if (verdict === 'seen') return undefined
    if (verdict === 'unknown') return 'sequence_horizon'
  }
  const metrics = new Set([...run.series.keys(), ...frame.blocks.flatMap(({ set }) => set.names)])
  const params = merged(run.params, frame.update?.params)
  const tags = merged(run.tags, frame.update?.tags)
  if (metrics.size > limits.metricsPerRun) return 'too_many_metrics'
  const fits = Math.max(params.size, tags.size) <= limits.entriesPerRun
  if (frame.update && fits) {
    run.name = frame.update.name ?? run.name
    run.state = frame.update.state ?? run.state
    run.updatedMs = frame.receivedMs
    replace(run.params, params)
    replace(run.tags, tags)
  }
  if (run.offset !== offset) Object.assign(run, { offset, place: 0n })
  const key = runKey(run.project, run.run)
  frame.blocks.forEach((block) => {
    const ord = offset * 65_536n + run.place++
    for (const { metric, step, time, value, bits } of expandBlock(block)) {
      const timeMs = time ?? BigInt(frame.receivedMs)
      run.points++
      points.push(pointLine(key, metricKey(metric), step, timeMs, bits, ord))
      if (!run.series.has(metric)) run.series.set(metric, [])
      run.series.get(metric)!.push({ step: Number(step), time: Number(timeMs), value })
    }
  })
  return frame.update && !fits ? 'too_many_entries' : undefined
}

function judge(run: ModelRun, writer: string): ReturnType<typeof createSequenceOracle> {
  const known = run.writers.get(writer) ?? createSequenceOracle(limits.sequenceGapsPerWriter)
  // The writer used last is the last of the map.
  run.writers.delete(writer)
  run.writers.set(writer, known)
  if (run.writers.size > limits.writersPerRun) run.writers.delete([...run.writers.keys()][0]!)
  return known
}

function merged<V>(
  entries: ReadonlyMap<string, V>,
  changes: ReadonlyMap<string, V | null> | undefined,
): Map<string, V> {
  const all = new Map<string, V | null>([...entries, ...(changes ?? [])])
  return new Map([...all].filter((entry): entry is [string, V] => entry[1] !== null))
}

function replace<V>(entries: Map<string, V>, by: ReadonlyMap<string, V>): void {
  entries.clear()
  for (const [key, value] of by) entries.set(key, value)
}

/** A dead letter with what is in its frame, or its bytes where they are no record. */
export function deadLine(offset: unknown, block: unknown, reason: unknown, bytes: Uint8Array): string {
  let text: string
  try {
    text = readRecord(bytes, (_, names) => ({ names: names() }))
      .map(frameText)
      .join()
  } catch {
    text = Buffer.from(bytes).toString('hex')
  }
  return `${offset} ${block} ${reason} ${text}`
}

function frameText({ run, receivedMs, writer, seq, update, blocks }: RecordFrame): string {
  const points = blocks.flatMap(expandBlock).map(({ metric, step, time, bits }) => `${metric}@${step},${time}=${bits}`)
  const entries = [...(update?.params ?? []), ...(update?.tags ?? [])].flat().map(String)
  const text = [
    run.project,
    run.run,
    receivedMs,
    writer,
    seq,
    update?.name,
    update?.state,
    ...entries,
    ...points,
  ].join()
  return hash('sha1', text)
}

export function pointLine(run: bigint, metric: bigint, step: bigint, time: bigint, bits: bigint, ord: bigint): string {
  return `${run} ${metric} ord ${ord} step ${step} time ${time} bits ${bits.toString(16)}`
}

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1)

function runLine(run: ModelRun): string {
  const plain = (value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value)
  const params = [...run.params].map(([key, value]) => [key, plain(value)] as const).sort(byKey)
  const numeric = [...run.params].filter(([, value]) => typeof value !== 'string').map(([key]) => key)
  const { project, name, state, createdMs, updatedMs } = run
  const tags = [...run.tags].sort(byKey)
  return JSON.stringify([project, run.run, name, state, createdMs, updatedMs, params, numeric.sort(), tags])
}

function stateLine(run: ModelRun): string {
  const { project, points, frames, duplicates, receivedMs } = run
  return JSON.stringify([project, run.run, points, frames, duplicates, run.series.size, receivedMs])
}

function seriesLines(run: ModelRun): string[] {
  return [...run.series].map(([metric, points]) => {
    const summary = summaryOf(points)
    const finite = (value: number) => (Number.isFinite(value) ? value : Number.NaN)
    return summaryLine(run.project, run.run, metric, { ...summary, min: finite(summary.min), max: finite(summary.max) })
  })
}

/** Numbers as texts that keep what JSON does not: NaN, infinities, -0. */
export function summaryLine(
  project: string,
  run: string,
  metric: string,
  summary: ReturnType<typeof summaryOf>,
): string {
  const text = (value: number) => (Object.is(value, -0) ? '-0' : String(value))
  const fields = Object.entries(summary).map(([name, value]) => `${name} ${text(value)}`)
  return `${JSON.stringify([project, run, metric])} ${fields.join(', ')}`
}

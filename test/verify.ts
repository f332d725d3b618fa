import assert from 'node:assert/strict'
import type { Server } from './harness.ts'
import { type Point, readPoints, readRun, summaryOf } from './read-back.ts'
import { postJson } from './wire.ts'
import type { Writer } from './writers.ts'

export type Verified = { readonly points: number; readonly acked: number }

/**
 * What the API shows against what the writers know: every acknowledged point is there, nothing is there that was not sent, each point
 * exactly once with its value, and each summary is what its points say.
 * The writers must be quiet meanwhile. `ats`: by run, a token of its last write; without it a write to the same server stands for all, which is
 * right where the log has one partition.
 */
export async function verify(
  server: Server,
  writers: readonly Writer[],
  context: string,
  ats?: ReadonlyMap<string, string>,
): Promise<Verified> {
  const marker = ats ? undefined : await mark(server)
  const atOf = (run: string) => (ats?.get(run) ?? marker)!
  const stored = new Map<string, Map<string, Point[]>>()
  let points = 0
  let acked = 0
  for (const writer of writers) {
    const { project, run, metrics } = writer
    if ((await readRun(server, project, run, atOf(run))) === undefined) {
      assert.ok(!writer.sent.some((frame) => frame.acked), `${context}: run ${run} is not there`)
      continue
    }
    const found = await readPoints(server, { project, run, metrics, at: atOf(run) })
    stored.set(run, new Map([...(stored.get(run) ?? []), ...found]))
    for (const metric of metrics) {
      const count = checkSeries(writer, metric, found.get(metric)!, `${context}, ${run}, ${metric.slice(0, 40)}`)
      points += count.stored
      acked += count.acked
    }
    checkWhole(writer, found, `${context}, ${run}`)
  }
  for (const [run, series] of stored) {
    const answer = await readRun(server, writers[0]!.project, run, atOf(run))
    const names = [...series.keys()].filter((name) => series.get(name)!.length > 0).sort()
    assert.deepEqual(
      answer?.metrics,
      names.map((name) => summaryOf(name, series.get(name)!)),
      `${context}: summaries of ${run}`,
    )
    const total = [...series.values()].reduce((sum, list) => sum + list.length, 0)
    assert.equal(answer.points, total, `${context}: points of ${run}`)
    checkParams(
      writers.filter((writer) => writer.run === run),
      answer.params,
      answer.tags,
      context,
    )
  }
  return { points, acked }
}

/** A write behind everything else in the log, so what it makes visible is all. */
async function mark(server: Server): Promise<string> {
  const marker = await postJson(server, { project: 'marker', run: 'marker', log: [{ step: 0, metrics: { a: 0 } }] })
  assert.equal(marker.status, 200, JSON.stringify(marker))
  return marker.at
}

function checkSeries(writer: Writer, metric: string, found: readonly Point[], context: string) {
  const values = new Map<number, Point>()
  let acked = 0
  const seen = new Set<number>()
  for (const frame of writer.sent) for (const point of frame.points.get(metric)!) values.set(point[0], point)
  for (const [step, value] of found) {
    assert.ok(!seen.has(step), `${context}: step ${step} is stored twice`)
    seen.add(step)
    const sent = values.get(step)
    assert.ok(sent, `${context}: step ${step} was never sent`)
    assert.ok(Object.is(sent[1], value), `${context}: step ${step} is ${value}, sent was ${sent[1]}`)
  }
  for (const frame of writer.sent) {
    if (!frame.acked) continue
    for (const [step] of frame.points.get(metric)!) {
      acked++
      assert.ok(seen.has(step), `${context}: acknowledged step ${step} (seq ${frame.seq}) is lost`)
    }
  }
  return { stored: found.length, acked }
}

/** A frame is stored whole or not at all. */
function checkWhole(writer: Writer, found: ReadonlyMap<string, readonly Point[]>, context: string): void {
  const steps = new Map([...found].map(([metric, points]) => [metric, new Set(points.map(([step]) => step))]))
  for (const frame of writer.sent) {
    const there = [...frame.points].flatMap(([metric, points]) => points.map(([step]) => steps.get(metric)!.has(step)))
    assert.ok(
      there.every((one) => one === there[0]),
      `${context}: frame ${frame.seq} is stored in part`,
    )
  }
}

/** Each writer keeps its newest sixteenth number in a param and a tag of its own. */
function checkParams(
  writers: readonly Writer[],
  params: Readonly<Record<string, unknown>>,
  tags: Readonly<Record<string, string>>,
  context: string,
): void {
  for (const writer of writers) {
    const least = writer.sent.filter((frame) => frame.acked && frame.seq % 16 === 0).at(-1)?.seq ?? 0
    const shown = Number(params[writer.name])
    assert.ok(
      shown >= least && shown < writer.sent.length,
      `${context}: param of ${writer.name} is ${shown}, not ${least} or later`,
    )
    assert.equal(tags[writer.name], `${shown}`, `${context}: param and tag of one update`)
  }
}

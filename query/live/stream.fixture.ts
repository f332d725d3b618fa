import { strict as assert } from 'node:assert'
import { applySeriesEvent, type LiveCurves, type SeriesPatch } from '../../schema/live-patches.ts'
import type { QueryServer } from '../server.ts'

export type SseMessage = { readonly event: string; readonly id: string | undefined; readonly data: string }

/** Reads messages of an event stream as the specification of server-sent events has them. */
export async function* readMessages(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<SseMessage> {
  const decoder = new TextDecoder()
  let text = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const fields = lines.map((line) => /^(\w+): ?(.*)$/.exec(line)).filter((match) => match !== null)
      const field = (name: string) => fields.find((match) => match[1] === name)?.[2]
      if (field('data') !== undefined)
        yield { event: field('event') ?? 'message', id: field('id'), data: field('data')! }
    }
  }
}

export type SeriesEvent = {
  readonly id: string
  readonly watermark: string
  readonly missed: number
  readonly series: readonly SeriesPatch[]
}

export const wholeSeries = `subscription ($in: LiveSeriesInput!, $after: String) { series(input: $in, after: $after) { id watermark missed
  series { run metric reset fromStep steps values
    buckets { count steps counts first min max last nan positiveInfinity negativeInfinity }
    receipt { method exact bucketWidth pointsTotal pointsReturned superseded nan positiveInfinity negativeInfinity firstNonFiniteStep } } } }`

/** A viewer over an event stream: what it was sent, and the curves it made of it. */
export type Viewer = {
  readonly curves: LiveCurves
  readonly events: SeriesEvent[]
  /** Takes one event after the other while it holds; false: it does not read. */
  reading: boolean
  close(): void
  readonly ended: Promise<void>
}

/** `onEvent` is called when the curves are up to it. `after`: what it has, and the id that goes with it. */
export async function watch(
  server: Pick<QueryServer, 'handle'>,
  input: object,
  onEvent: (event: SeriesEvent, curves: LiveCurves) => void = () => {},
  after?: { readonly id: string; readonly curves: LiveCurves },
): Promise<Viewer> {
  const headers = {
    'content-type': 'application/json',
    accept: 'text/event-stream',
    ...(after ? { 'last-event-id': after.id } : {}),
  }
  const body = JSON.stringify({ query: wholeSeries, variables: { in: input } })
  const request = new Request('http://test/graphql', { method: 'POST', headers, body })
  const response = await server.handle(request)
  assert.equal(response.status, 200)
  const curves: LiveCurves = new Map(after?.curves)
  const events: SeriesEvent[] = []
  const reader = response.body!.getReader() as ReadableStreamDefaultReader<Uint8Array>
  let isClosed = false

  async function read(): Promise<void> {
    for await (const { event, id, data } of readMessages(reader)) {
      assert.equal(event, 'next')
      const answer = JSON.parse(data) as { data?: { series: SeriesEvent }; errors?: unknown }
      if (answer.errors !== undefined || !answer.data) throw new Error(data)
      const { series } = answer.data
      assert.equal(series.id, id)
      applySeriesEvent(curves, series)
      events.push(series)
      onEvent(series, curves)
      while (!viewer.reading && !isClosed) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
  const viewer: Viewer = {
    curves,
    events,
    reading: true,
    close() {
      isClosed = true
      void reader.cancel()
    },
    ended: Promise.resolve().then(read),
  }
  return viewer
}

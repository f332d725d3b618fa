import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pack, Unpackr } from 'msgpackr'
import { type WebSocket, WebSocketServer } from 'ws'
import { formatToken } from '../schema/token.ts'
import type { PackedAnswer, SeriesAnswer, SeriesInput } from './questions.ts'

/** A server that keeps points in memory and speaks as much of the protocol as the load generator needs; for tests. */
export type FakeServer = {
  readonly url: string
  /** By `project/run/metric`, step to value. */
  readonly series: ReadonlyMap<string, Map<number, number>>
  readonly frames: () => number
  readonly close: () => Promise<void>
}

export type FakeServerOptions = {
  readonly creditFrames?: number
  /** Frames (by their count from 1) to refuse, with this code. */
  readonly refuse?: (frame: number) => { readonly code: string; readonly retryable: boolean } | undefined
  /** Time between a frame's arrival and its acknowledgement. */
  readonly ackAfterMs?: number
}

type Frame = {
  project: string
  run: string
  seq?: number
  sets?: [number, string[]][]
  cols?: [number, number | [number, number, number], unknown, Buffer][]
  log?: { step: number; metrics: Record<string, number> }[]
}

const tokenOf = (frame: number) => formatToken({ log: 'fake', offsets: new Map([[0, frame]]) })

const unpacker = new Unpackr({ useRecords: false, int64AsType: 'number' })

export async function startFakeServer(options: FakeServerOptions = {}): Promise<FakeServer> {
  const series = new Map<string, Map<number, number>>()
  let frames = 0

  function put(frame: Frame, metric: string, step: number, value: number): void {
    const key = `${frame.project}/${frame.run}/${metric}`
    const points = series.get(key) ?? new Map<number, number>()
    series.set(key, points.set(step, value))
  }

  function store(frame: Frame, sets: Map<number, string[]>): void {
    for (const [id, names] of frame.sets ?? []) sets.set(id, names)
    for (const row of frame.log ?? []) for (const name in row.metrics) put(frame, name, row.step, row.metrics[name]!)
    for (const [set, steps, , bytes] of frame.cols ?? []) {
      const [first, stride, count] = typeof steps === 'number' ? [steps, 1, 1] : steps
      sets.get(set)!.forEach((name, metric) => {
        for (let i = 0; i < count; i++)
          put(frame, name, first + i * stride, bytes.readDoubleLE((metric * count + i) * 8))
      })
    }
  }

  function serve(socket: WebSocket): void {
    const sets = new Map<number, string[]>()
    let n = 0
    socket.send(pack({ hello: 1, frames: options.creditFrames ?? 1_024, bytes: 4_194_304, frameBytes: 1_048_576 }))
    socket.on('message', (data: Buffer) => {
      n++
      frames++
      const frame: Frame = unpacker.unpack(Buffer.from(data))
      const refused = options.refuse?.(frames)
      if (refused) {
        socket.send(pack({ ok: false, seq: frame.seq, n, error: { ...refused, message: 'as the test wants it' } }))
        return
      }
      store(frame, sets)
      const at = tokenOf(frames)
      const answer = pack({ ok: true, seq: frame.seq, n, at })
      if (options.ackAfterMs === undefined) socket.send(answer)
      else setTimeout(() => socket.send(answer), options.ackAfterMs)
    })
  }

  function draw(input: SeriesInput): (SeriesAnswer & PackedAnswer)[] {
    const { project, runs, metrics, fromStep = 0, toStep = Number.MAX_SAFE_INTEGER } = input
    return runs.flatMap((run) =>
      metrics.map((metric) => {
        const all = [...(series.get(`${project}/${run}/${metric}`) ?? [])]
        const points = all.filter(([step]) => step >= fromStep && step <= toStep).sort((a, b) => a[0] - b[0])
        const values = points.map(([, value]) => (Number.isFinite(value) ? value : String(value)))
        const steps = points.map(([step]) => step)
        const stepsPacked = packNumbers(steps)
        const valuesPacked = packNumbers(points.map(([, value]) => value))
        const receipt = { exact: true, pointsTotal: points.length }
        return { run, metric, steps, values, stepsPacked, valuesPacked, receipt }
      }),
    )
  }

  function list({ project, runs, metrics }: SeriesInput): object[] {
    const known = runs.filter((run) => metrics.some((metric) => series.has(`${project}/${run}/${metric}`)))
    return known.map((run) => ({ run, series: draw({ project, runs: [run], metrics }) }))
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST') {
      response.writeHead(404).end()
      return
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { query, variables } = JSON.parse(Buffer.concat(chunks).toString())
    const data = variables.in
      ? { series: draw(variables.in) }
      : query.includes('watermark')
        ? { server: { watermark: tokenOf(frames) } }
        : { runs: { nodes: list(variables) } }
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data }))
  }

  const server = createServer((request, response) => void answer(request, response))
  const webSockets = new WebSocketServer({ server, path: '/v1/stream' })
  webSockets.on('connection', serve)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    series,
    frames: () => frames,
    close() {
      for (const client of webSockets.clients) client.terminate()
      webSockets.close()
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

function packNumbers(numbers: readonly number[]): string {
  return Buffer.from(Float64Array.from(numbers).buffer).toString('base64')
}

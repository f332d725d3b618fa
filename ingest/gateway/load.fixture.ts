/**
 * A client for benchmarks that costs little itself: frames are made once and sent again and again over bare sockets, many in one write.
 * The job comes as a message; `ready` when all connections are open, then on `go` it sends, and says what came of it.
 */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { pack, unpack } from 'msgpackr'

export type LoadJob = {
  readonly port: number
  /** Query of the path, with its question mark. */
  readonly query?: string
  readonly connections: number
  readonly firstConnection: number
  /** Connections of one source address: its ports are limited. */
  readonly connectionsPerAddress: number
  readonly shape: 'sparse' | 'dense'
  readonly form: 'columns' | 'rows'
  /** Runs that one connection sends for. */
  readonly runs: number
  /** Of each connection; a multiple of `together`. */
  readonly frames: number
  /** Unacknowledged frames of a connection. */
  readonly window: number
  /** Frames in one write. */
  readonly together: number
  /** Frames of all connections a second; undefined: as fast as the acknowledgements come. */
  readonly framesPerSecond?: number
}

export type LoadAnswer = {
  readonly frames: number
  readonly refused: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
}

type Link = {
  readonly socket: Socket
  readonly opening: Buffer
  /** Messages as they go over the wire, in groups for one write. */
  readonly groups: readonly { readonly bytes: Buffer; readonly frames: number }[]
  next: number
  sent: number
  acked: number
  rest: Buffer
  /** When the frames not yet acknowledged were sent, oldest first. */
  readonly sentMs: number[]
}

const frameSteps = { sparse: 1, dense: 100 }
const frameMetrics = { sparse: 100, dense: 10 }
/** Frames of the paced load's beginning do not count: both processes are still being compiled. */
const warmUpMs = 1_000
let warmMs = Number.POSITIVE_INFINITY
let refused = 0
let done = 0
const latencies: number[] = []

function names(shape: 'sparse' | 'dense'): string[] {
  return Array.from({ length: frameMetrics[shape] }, (_, i) => `train/metric_${i}`)
}

function body(job: LoadJob, run: string, seq: number, first: boolean): Buffer {
  const steps = frameSteps[job.shape]
  const metrics = frameMetrics[job.shape]
  const start = 1000 + seq * steps
  const time = BigInt(1_750_000_000_000 + start * 1000)
  const head = { project: 'benchmark', run, writer: 'host-0', seq: 100_000 + seq }
  const values = Float64Array.from({ length: steps * metrics }, () => Math.random())
  if (job.form === 'rows') {
    const log = Array.from({ length: steps }, (_, s) => ({
      step: start + s,
      metrics: Object.fromEntries(names(job.shape).map((name, m) => [name, values[m * steps + s]])),
    }))
    return pack({ ...head, log })
  }
  const cols = steps === 1 ? [0, start, time, 0] : [0, [start, 1, steps], [time, 1000], 0]
  cols[3] = Buffer.from(values.buffer) as never
  return pack({ ...head, ...(first ? { sets: [[0, names(job.shape)]] } : {}), cols: [cols] })
}

/** A masked binary message; the mask is zero. */
function message(payload: Buffer): Buffer {
  const long = payload.length > 65_535
  const head = Buffer.alloc(long ? 14 : 8)
  head[0] = 0x82
  head[1] = 0x80 | (long ? 127 : 126)
  if (long) head.writeBigUInt64BE(BigInt(payload.length), 2)
  else head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}

function groupsOf(job: LoadJob, number: number): Link['groups'] {
  const distinct = Math.ceil(Math.min(job.runs, job.frames, 512) / job.together) * job.together
  const messages = Array.from({ length: distinct }, (_, i) => {
    return message(body(job, `run-${number}-${i % job.runs}`, Math.floor(i / job.runs), false))
  })
  const groups = []
  for (let at = 0; at < messages.length; at += job.together) {
    const some = messages.slice(at, at + job.together)
    groups.push({ bytes: Buffer.concat(some), frames: some.length })
  }
  return groups
}

function open(job: LoadJob, number: number): Promise<Link> {
  return new Promise((resolve, reject) => {
    const address = `127.0.0.${1 + Math.floor(number / job.connectionsPerAddress)}`
    const socket = connect({ port: job.port, host: '127.0.0.1', localAddress: address, noDelay: true })
    const link: Link = {
      socket,
      opening: message(body(job, `run-${number}-0`, 0, true)),
      groups: groupsOf(job, number),
      next: 0,
      sent: 0,
      acked: 0,
      rest: Buffer.alloc(0),
      sentMs: [],
    }
    let upgraded = false
    socket.on('error', reject)
    socket.on('close', () => {
      if (link.acked < job.frames) throw new Error(`connection ${number} was closed`)
    })
    socket.on('connect', () => {
      socket.write(
        `GET /v1/stream${job.query ?? ''} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
      )
    })
    socket.on('data', (data) => {
      link.rest = link.rest.length === 0 ? data : Buffer.concat([link.rest, data])
      if (!upgraded) {
        const end = link.rest.indexOf('\r\n\r\n')
        if (end < 0) return
        if (!link.rest.toString('latin1', 0, 12).endsWith('101')) return reject(new Error(link.rest.toString()))
        upgraded = true
        link.rest = link.rest.subarray(end + 4)
        // The first answer is the hello, the second that to the opening frame.
        link.acked = -2
        socket.write(link.opening)
      }
      takeAnswers(link)
      if (link.acked === 0 && link.sent === 0) resolve(link)
      else if (link.acked > 0) onAcks(job, link)
    })
  })
}

function takeAnswers(link: Link): void {
  const { rest } = link
  let at = 0
  const now = performance.now()
  while (rest.length - at >= 2) {
    const short = rest[at + 1]! & 0x7f
    const head = short < 126 ? 2 : 4
    if (rest.length - at < head) break
    const length = short < 126 ? short : rest.readUInt16BE(at + 2)
    const end = at + head + length
    if (end > rest.length) break
    if (rest[at] === 0x82) takeAnswer(link, rest, at + head, end, now)
    at = end
  }
  link.rest = rest.subarray(at)
}

const okKey = Buffer.from([0xa2, 0x6f, 0x6b])

function takeAnswer(link: Link, bytes: Buffer, start: number, end: number, now: number): void {
  if (link.acked < 0) {
    const value = unpack(bytes.subarray(start, end)) as { hello?: number; ok?: boolean }
    if (value.hello === undefined && value.ok !== true) throw new Error(JSON.stringify(value))
    link.acked++
    return
  }
  // The whole answer is only looked at when it has a list of messages.
  const first = bytes[start] === 0xde ? start + 3 : start + 1
  if (bytes.compare(okKey, 0, 3, first, first + 3) !== 0 || bytes[first + 3] !== 0xc3) {
    refused++
    link.acked++
    return
  }
  let frames = 1
  if (bytes[start] === 0x83) {
    const { n } = unpack(bytes.subarray(start, end)) as { n: number[] }
    frames = 0
    for (let i = 0; i < n.length; i += 2) frames += n[i + 1]! - n[i]! + 1
  }
  for (let i = 0; i < frames; i++) {
    const sent = link.sentMs.shift()
    if (sent !== undefined && sent >= warmMs) latencies.push(now - sent)
  }
  link.acked += frames
}

let finish = () => {}

function onAcks(job: LoadJob, link: Link): void {
  if (link.acked >= job.frames) {
    if (link.acked > job.frames) throw new Error('more answers than frames')
    done++
    if (done === job.connections) finish()
    return
  }
  if (job.framesPerSecond === undefined) send(job, link)
}

/** `dueMs`: since when the frames count as waiting, where they have a time. */
function send(job: LoadJob, link: Link, most = Number.POSITIVE_INFINITY, dueMs = 0): void {
  for (let writes = 0; writes < most && link.sent < job.frames; writes++) {
    const group = link.groups[link.next]!
    if (link.sent - Math.max(0, link.acked) + group.frames > job.window) return
    link.next = (link.next + 1) % link.groups.length
    if (job.framesPerSecond !== undefined) for (let i = 0; i < group.frames; i++) link.sentMs.push(dueMs)
    link.sent += group.frames
    link.socket.write(group.bytes)
  }
}

async function run(job: LoadJob): Promise<LoadAnswer> {
  const links: Link[] = []
  for (let at = 0; at < job.connections; at += 100) {
    const some = Array.from({ length: Math.min(100, job.connections - at) }, (_, i) =>
      open(job, job.firstConnection + at + i),
    )
    links.push(...(await Promise.all(some)))
  }
  process.send?.('ready')
  await new Promise((resolve) => process.once('message', resolve))
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })
  if (job.framesPerSecond === undefined) for (const link of links) send(job, link)
  else paced(job, links)
  await finished
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
  return { frames: job.frames * job.connections, refused, ackP50Ms: at(0.5), ackP99Ms: at(0.99) }
}

function paced(job: LoadJob, links: readonly Link[]): void {
  const startedMs = performance.now()
  warmMs = startedMs + warmUpMs
  const intervalMs = (1000 * job.together) / job.framesPerSecond!
  let writes = 0
  const timer = setInterval(() => {
    const nowMs = performance.now()
    for (; startedMs + writes * intervalMs <= nowMs; writes++) {
      const link = links[writes % links.length]!
      const { sent } = link
      send(job, link, 1, startedMs + writes * intervalMs)
      // Beyond its window a link takes nothing; what is late waits, and its time counts.
      if (link.sent === sent && link.sent < job.frames) break
    }
    if (links.every((link) => link.sent >= job.frames)) clearInterval(timer)
  }, 1)
}

process.once('message', async (job: LoadJob) => {
  process.send?.(await run(job))
})
process.on('disconnect', () => process.exit(0))

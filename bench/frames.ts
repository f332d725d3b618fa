import { Packr } from 'msgpackr'
import { fillValues } from './curves.ts'
import { type Dataset, runDigits, runId, timeMs } from './dataset.ts'
import { headerBytes, writeHeader } from './messages.ts'

/** Maps as maps, no extensions: what a frame may be made of. */
const packer = new Packr({ useRecords: false, encodeUndefinedAsNil: true })

/** Every frame names its writer and sequence number, as a client that may have to send again does. */
const writer = 'bench'

/** The writer's name in all frames of a dataset. */
export const writerOf = (dataset: Dataset): string => layoutOf(dataset).writer

/**
 * A run's first frame, or any other, written plainly: with the run's name and params, and with the metric set where the
 * connection has not defined it yet.
 */
export function plainFrame(dataset: Dataset, run: number, block: number, withSet: boolean): Buffer {
  const { metrics, stepsPerFrame, stepMs } = dataset
  const step = block * stepsPerFrame
  const time = BigInt(timeMs(dataset, run, step))
  const values = new Float64Array(dataset.pointsPerFrame)
  fillValues(dataset.curves, run, step, stepsPerFrame, values)
  const steps = stepsPerFrame === 1 ? step : [step, 1, stepsPerFrame]
  const times = stepsPerFrame === 1 ? time : [time, stepMs]
  return packer.pack({
    project: dataset.project,
    run: runId(run),
    writer: writerOf(dataset),
    seq: block,
    ...(block === 0 ? { update: updateOf(dataset, run) } : {}),
    ...(withSet ? { sets: [[0, metrics.map((metric) => metric.name)]] } : {}),
    cols: [[0, steps, times, Buffer.from(values.buffer)]],
  })
}

function updateOf(dataset: Dataset, run: number): object {
  const learningRate = Math.round(dataset.curves.runSpeed[run]! * 1e5) / 1e8
  return {
    name: `${dataset.shape} job ${run}`,
    state: 'running',
    params: { learning_rate: learningRate, batch_size: 32 << (run % 4), optimizer: run % 2 === 0 ? 'adamw' : 'sgd' },
    tags: { benchmark: dataset.shape },
  }
}

/** Frames side by side, each a WebSocket message, so that all of them leave in one write. */
export type Batch = {
  readonly bytes: Buffer
  readonly view: DataView
  /** The same memory. */
  readonly values: Float64Array
}

/** Writes frames without an object per frame: a fixed head, four numbers patched in, and the values where they are computed. */
export type BatchWriter = {
  readonly frameBytes: number
  /** Of one message in a batch. */
  readonly messageBytes: number
  /** Frames in a batch. */
  readonly capacity: number
  readonly create: () => Batch
  readonly write: (batch: Batch, index: number, run: number, block: number) => void
}

/** About so many bytes leave in one write. */
const batchBytes = 64 * 1024

/** For every frame but a run's or a connection's first; its bytes mean the same as {@link plainFrame}'s. */
export function createBatchWriter(dataset: Dataset): BatchWriter {
  const { head, runAt, seqAt, stepAt, timeAt } = layoutOf(dataset)
  const frameBytes = head.byteLength + dataset.pointsPerFrame * 8
  const messageBytes = headerBytes + frameBytes
  const capacity = Math.max(1, Math.floor(batchBytes / messageBytes))

  function create(): Batch {
    const memory = new ArrayBuffer(capacity * messageBytes)
    const bytes = Buffer.from(memory)
    for (let at = 0; at < bytes.length; at += messageBytes) {
      writeHeader(bytes, at, frameBytes)
      bytes.set(head, at + headerBytes)
    }
    return { bytes, view: new DataView(memory), values: new Float64Array(memory) }
  }

  function write({ view, values }: Batch, index: number, run: number, block: number): void {
    const at = index * messageBytes + headerBytes
    const step = block * dataset.stepsPerFrame
    const time = timeMs(dataset, run, step)
    const firstDigit = at + runAt
    for (let digit = firstDigit + runDigits - 1, rest = run; digit >= firstDigit; digit--) {
      const tens = Math.floor(rest / 10)
      view.setUint8(digit, 0x30 + rest - tens * 10)
      rest = tens
    }
    view.setUint32(at + seqAt, block)
    view.setUint32(at + stepAt, step)
    view.setUint32(at + timeAt, Math.floor(time / 0x100000000))
    view.setUint32(at + timeAt + 4, time >>> 0)
    fillValues(dataset.curves, run, step, dataset.stepsPerFrame, values, (at + head.byteLength) / 8)
  }

  return { frameBytes, messageBytes, capacity, create, write }
}

/** The bytes before the values, and the places in them of what changes from frame to frame. */
type Layout = {
  readonly writer: string
  readonly head: Buffer
  readonly runAt: number
  readonly seqAt: number
  readonly stepAt: number
  readonly timeAt: number
}

const layouts = new WeakMap<Dataset, Layout>()

function layoutOf(dataset: Dataset): Layout {
  const known = layouts.get(dataset)
  if (known !== undefined) return known
  const { byteLength } = layOut(dataset, writer).head
  // A head of a multiple of 8 bytes puts the values where a Float64Array can lie.
  const layout = layOut(dataset, writer.padEnd(writer.length + ((8 - (byteLength % 8)) % 8), '-'))
  layouts.set(dataset, layout)
  return layout
}

/** Numbers have their widest forms, so that all frames have one layout. */
function layOut(dataset: Dataset, writer: string): Layout {
  const pieces: Uint8Array[] = []
  let length = 0
  const put = (...added: Uint8Array[]): number => {
    for (const piece of added) {
      pieces.push(piece)
      length += piece.byteLength
    }
    return length
  }
  const key = (name: string): Uint8Array => Buffer.from(packer.pack(name))
  const uint32 = Uint8Array.of(0xce, 0, 0, 0, 0)
  const uint64 = Uint8Array.of(0xcf, 0, 0, 0, 0, 0, 0, 0, 0)
  const arithmetic = dataset.stepsPerFrame > 1
  const valueBytes = dataset.pointsPerFrame * 8

  put(Uint8Array.of(0x85), key('project'), key(dataset.project), key('run'))
  const runAt = put(key(runId(0))) - runDigits
  const seqAt = put(key('writer'), key(writer), key('seq'), uint32) - 4
  put(key('cols'), Uint8Array.of(0x91, 0x94, 0x00))
  if (arithmetic) put(Uint8Array.of(0x93))
  const stepAt = put(uint32) - 4
  if (arithmetic) put(Buffer.from(packer.pack(1)), Buffer.from(packer.pack(dataset.stepsPerFrame)), Uint8Array.of(0x92))
  const timeAt = put(uint64) - 8
  if (arithmetic) put(Buffer.from(packer.pack(dataset.stepMs)))
  put(Uint8Array.of(0xc5, valueBytes >> 8, valueBytes & 0xff))
  return { writer, head: Buffer.concat(pieces), runAt, seqAt, stepAt, timeAt }
}

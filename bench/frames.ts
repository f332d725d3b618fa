import { Packr } from 'msgpackr'
import { fillValues } from './curves.ts'
import { type Dataset, runDigits, runId, timeMs } from './dataset.ts'

/** Maps as maps, no extensions: what a frame may be made of. */
const packer = new Packr({ useRecords: false, encodeUndefinedAsNil: true })

/** Every frame names its writer and sequence number, as a client that may have to send again does. */
const writer = 'bench'

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
    writer,
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

/** A frame in memory that is written over again and again; `values` lies over the last bytes of `bytes`. */
export type FrameBuffer = { readonly bytes: Buffer; readonly view: DataView; readonly values: Float64Array }

/** Writes frames without an object per frame: a fixed head, four numbers patched in, and the values. */
export type FrameWriter = {
  readonly create: () => FrameBuffer
  readonly write: (frame: FrameBuffer, run: number, block: number) => void
}

/** For every frame but a run's first; its bytes mean the same as {@link plainFrame}'s. */
export function createFrameWriter(dataset: Dataset): FrameWriter {
  const { head, runAt, seqAt, stepAt, timeAt } = layOut(dataset)
  // Padding in front of the frame puts its values at a multiple of 8, where a Float64Array can lie.
  const padding = (8 - (head.byteLength % 8)) % 8
  const valuesAt = padding + head.byteLength

  function create(): FrameBuffer {
    const memory = new ArrayBuffer(valuesAt + dataset.pointsPerFrame * 8)
    const bytes = Buffer.from(memory, padding)
    bytes.set(head)
    return {
      bytes,
      view: new DataView(memory, padding),
      values: new Float64Array(memory, valuesAt, dataset.pointsPerFrame),
    }
  }

  function write(frame: FrameBuffer, run: number, block: number): void {
    const { view, values } = frame
    const step = block * dataset.stepsPerFrame
    const time = timeMs(dataset, run, step)
    for (let digit = runAt + runDigits - 1, rest = run; digit >= runAt; digit--, rest = Math.floor(rest / 10)) {
      view.setUint8(digit, 0x30 + (rest % 10))
    }
    view.setUint32(seqAt, block)
    view.setUint32(stepAt, step)
    view.setUint32(timeAt, Math.floor(time / 0x100000000))
    view.setUint32(timeAt + 4, time >>> 0)
    fillValues(dataset.curves, run, step, dataset.stepsPerFrame, values)
  }

  return { create, write }
}

/** The bytes before the values, with the places of what changes from frame to frame (widest integer forms). */
function layOut(dataset: Dataset): { head: Buffer; runAt: number; seqAt: number; stepAt: number; timeAt: number } {
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
  return { head: Buffer.concat(pieces), runAt, seqAt, stepAt, timeAt }
}

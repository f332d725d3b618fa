import { type Answer, type Connection, connect, type Refused } from './connection.ts'
import { blocksOf, type Dataset } from './dataset.ts'
import { type FrameBuffer, type FrameWriter, plainFrame } from './frames.ts'

/** What all connections of a generator share. */
export type SenderContext = {
  readonly dataset: Dataset
  readonly writer: FrameWriter
  readonly connections: number
  /** Frames before this one were sent by an earlier generator. */
  readonly fromFrame: number
  /** When a frame is due, in ms of `performance.now()`; undefined where it goes as soon as there is credit. */
  readonly dueMs: (frame: number) => number | undefined
  /** `sinceMs`: when the frame was due or, sent at will, when it was sent. */
  readonly onAck: (run: number, at: string, sinceMs: number) => void
  readonly onRetry: () => void
  readonly onSent: (bytes: number) => void
  readonly onFailure: (reason: string) => void
}

type InFlight = {
  readonly run: number
  readonly bytes: Uint8Array
  /** To write the next frame into, once this one is acknowledged and so surely sent. */
  readonly buffer: FrameBuffer | undefined
  readonly sinceMs: number
}

export type Sender = {
  /** Sends what is due as far as the credit goes. */
  readonly pump: () => void
  readonly close: () => void
}

/** Frames sent in one turn of the event loop, so that answers are read in between. */
const framesPerTurn = 64
const retryAfterMs = 50

/** One connection with the frames of every run whose number leaves the remainder `index`. */
export async function createSender(
  baseUrl: string,
  apiKey: string | undefined,
  index: number,
  context: SenderContext,
): Promise<Sender> {
  const { dataset, writer, dueMs } = context
  const inFlight = new Map<number, InFlight>()
  const spare: FrameBuffer[] = []
  const again: InFlight[] = []
  let bytesInFlight = 0
  let messages = 0
  let { run, block } = firstFrame(context, index)
  let first = true
  /** The first frame defines the metric set; nothing may overtake it. */
  let established = false
  let scheduled = false

  const connection: Connection = await connect(baseUrl, apiKey, { onAnswer, onLost: context.onFailure })
  const { credit } = connection

  function pump(): void {
    scheduled = false
    connection.together(() => {
      for (let sent = 0; sent < framesPerTurn; sent++) if (!sendNext()) return
      schedule()
    })
  }

  /** After the answers of this turn of the event loop, not after each. */
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(pump)
  }

  function hasCredit(): boolean {
    if (!established) return inFlight.size === 0
    const largest = dataset.pointsPerFrame * 8 + 4_096
    return inFlight.size < credit.frames && bytesInFlight + largest <= credit.bytes
  }

  function sendNext(): boolean {
    if (!hasCredit()) return false
    const repeated = again.shift()
    if (repeated !== undefined) return send(repeated)
    if (block >= blocksOf(dataset, run)) return false
    const due = dueMs(block * dataset.runs + run)
    const now = performance.now()
    if (due !== undefined && due > now) return false
    return send(nextFrame(due ?? now))
  }

  function nextFrame(sinceMs: number): InFlight {
    const frame = first || block === 0 ? openingFrame(sinceMs) : fastFrame(sinceMs)
    first = false
    run += context.connections
    if (run >= dataset.runs) {
      run = index
      block++
    }
    return frame
  }

  function openingFrame(sinceMs: number): InFlight {
    return { run, bytes: plainFrame(dataset, run, block, first), buffer: undefined, sinceMs }
  }

  function fastFrame(sinceMs: number): InFlight {
    const buffer = spare.pop() ?? writer.create()
    writer.write(buffer, run, block)
    return { run, bytes: buffer.bytes, buffer, sinceMs }
  }

  function send(frame: InFlight): true {
    messages++
    inFlight.set(messages, frame)
    bytesInFlight += frame.bytes.byteLength
    connection.send(frame.bytes)
    context.onSent(frame.bytes.byteLength)
    return true
  }

  function onAnswer(answer: Answer): void {
    const frame = inFlight.get(answer.n)
    if (frame === undefined) {
      context.onFailure(`the server answered message ${answer.n}, which is not in flight`)
      return
    }
    inFlight.delete(answer.n)
    bytesInFlight -= frame.bytes.byteLength
    if (answer.ok) acknowledge(frame, answer.at)
    else refuse(frame, answer.error)
  }

  function acknowledge(frame: InFlight, at: string): void {
    established = true
    if (frame.buffer !== undefined) spare.push(frame.buffer)
    context.onAck(frame.run, at, frame.sinceMs)
    schedule()
  }

  function refuse(frame: InFlight, error: Refused): void {
    if (!error.retryable) {
      context.onFailure(`the server refused a frame: ${error.code}: ${error.message}`)
      return
    }
    context.onRetry()
    setTimeout(() => {
      again.push(frame)
      schedule()
    }, retryAfterMs)
  }

  return { pump, close: connection.close }
}

/** The first frame from `fromFrame` on that is of a run of connection `index`. */
function firstFrame({ dataset, fromFrame, connections }: SenderContext, index: number): { run: number; block: number } {
  const block = Math.floor(fromFrame / dataset.runs)
  const least = fromFrame % dataset.runs
  const run = index + Math.max(0, Math.ceil((least - index) / connections)) * connections
  return run < dataset.runs ? { run, block } : { run: index, block: block + 1 }
}

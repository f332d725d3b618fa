import { fillValues } from '../../curves.ts'
import { blocksOf, type Dataset } from '../../dataset.ts'

/** Some steps of one run: the values of all steps of the first metric come first. */
export type Frame = {
  readonly run: number
  readonly firstStep: number
  readonly steps: number
  readonly values: Float64Array
}

/** A way of writing points down. Text and bytes of several frames, one after the other, make a body. */
export type Format = {
  readonly frame: (dataset: Dataset, frame: Frame, runIds: readonly string[]) => string | Uint8Array
  /** What a whole body needs besides its frames. */
  readonly body?: (frames: Buffer) => Buffer
}

/** How frames are joined to bodies. `oneRun`: a body holds steps of a single run, as an interface by run has it. */
export type Batching = { readonly framesPerBody: number; readonly oneRun: boolean }

/**
 * All of a dataset's bodies. Frames come in the order in which the jobs, side by side, send them; with `oneRun` the frames of a body
 * become one of more steps.
 */
export function* bodies(
  dataset: Dataset,
  format: Format,
  batching: Batching,
  runIds: readonly string[],
): Generator<Buffer> {
  const finish = (parts: readonly (string | Uint8Array)[]) => {
    const joined = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)))
    return format.body?.(joined) ?? joined
  }
  if (batching.oneRun) {
    for (const frame of longFrames(dataset, batching.framesPerBody))
      yield finish([format.frame(dataset, frame, runIds)])
    return
  }
  let parts: (string | Uint8Array)[] = []
  for (let index = 0; index < dataset.frames; index++) {
    const block = Math.floor(index / dataset.runs)
    parts.push(format.frame(dataset, frameOf(dataset, index % dataset.runs, block, 1), runIds))
    if (parts.length < batching.framesPerBody && index < dataset.frames - 1) continue
    yield finish(parts)
    parts = []
  }
}

/** Each run's frames, so many as one, in turn. */
function* longFrames(dataset: Dataset, blocksPerFrame: number): Generator<Frame> {
  for (let block = 0; block < blocksOf(dataset, 0); block += blocksPerFrame) {
    for (let run = 0; run < dataset.runs; run++) {
      const left = blocksOf(dataset, run) - block
      if (left > 0) yield frameOf(dataset, run, block, Math.min(left, blocksPerFrame))
    }
  }
}

export function frameOf(dataset: Dataset, run: number, block: number, blocks: number): Frame {
  const steps = blocks * dataset.stepsPerFrame
  const firstStep = block * dataset.stepsPerFrame
  const values = new Float64Array(dataset.metrics.length * steps)
  fillValues(dataset.curves, run, firstStep, steps, values)
  return { run, firstStep, steps, values }
}

/** Where a connection begins, and the first frames of its runs. */
import type { Dataset } from './dataset.ts'
import { plainFrame } from './frames.ts'

type Share = {
  readonly dataset: Dataset
  readonly connections: number
  /** Frames before this one were sent by an earlier generator. */
  readonly fromFrame: number
}

/** As many first frames of runs as may take memory. */
const mostPrepared = 20_000

/** The connection's first frame, and the first frames of its runs: encoded plainly, which so is no part of what is measured. */
export type Openings = { readonly first: Buffer; readonly ofRun: Map<number, Buffer> }

export function prepareOpenings({ dataset, connections }: Share, firstRun: number, block: number): Openings {
  const ofRun = new Map<number, Buffer>()
  const first = plainFrame(dataset, firstRun, block, true)
  if (block > 0) return { first, ofRun }
  for (let run = firstRun + connections; run < Math.min(dataset.runs, mostPrepared); run += connections) {
    ofRun.set(run, plainFrame(dataset, run, 0, false))
  }
  return { first, ofRun }
}

/** The first frame from `fromFrame` on that is of a run of connection `index`. */
export function firstFrame({ dataset, fromFrame, connections }: Share, index: number): { run: number; block: number } {
  const block = Math.floor(fromFrame / dataset.runs)
  const least = fromFrame % dataset.runs
  const run = index + Math.max(0, Math.ceil((least - index) / connections)) * connections
  return run < dataset.runs ? { run, block } : { run: index, block: block + 1 }
}

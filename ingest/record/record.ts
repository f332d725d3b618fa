/**
 * A log record: many frames of many runs of one partition, with each run and each metric set named once. Integers are
 * varints (7 bits a byte, low first, up to 2^53), texts are varint length + UTF-8, float64 and int64 are little-endian.
 *
 *     u8 version = 1, float64 received (ms of the first frame)
 *     frame*:
 *       varint run        0: a new run follows (text project, text run); n: the n-th run of this record
 *       varint received   ms after the record's
 *       u8     flags      1: writer and seq, 2: update
 *       [text writer, varint seq]
 *       [update]          see update.ts
 *       varint blocks
 *       block*:
 *         varint set      0: a new set follows (varint count, texts); n: the n-th set of this record
 *         varint count    steps
 *         u8     kinds    steps: 0 range, 1 list; times (x 2): 0 received, 1 range, 2 list; values (x 8): 0 float64, 1 float32
 *         steps           range: float64 start, varint stride; list: count x int64
 *         times           range: float64 start, varint stride; list: count x int64
 *         values          names x count x float64 or float32, all values of the first name first
 */
export type MetricSet = { readonly names: readonly string[] }

/** An arithmetic range or a list of int64, as bytes (a view, of any alignment). */
export type Integers =
  | { readonly kind: 'range'; readonly start: number; readonly stride: number }
  | { readonly kind: 'list'; readonly bytes: Uint8Array }

export type Block = {
  readonly set: MetricSet
  /** Steps; the block has names x count points. */
  readonly count: number
  readonly steps: Integers
  /** ms; undefined: the time of arrival. */
  readonly times: Integers | undefined
  /** 8: float64, 4: float32. */
  readonly width: 4 | 8
  readonly values: Uint8Array
}

export type RunState = 'running' | 'finished' | 'failed' | 'killed'
export const runStates: readonly RunState[] = ['running', 'finished', 'failed', 'killed']
export type ParamValue = string | number | boolean | null

/** Changes of a run's metadata, merged key by key; null removes a key. */
export type Update = {
  readonly name?: string
  readonly state?: RunState
  readonly params?: ReadonlyMap<string, ParamValue>
  readonly tags?: ReadonlyMap<string, string | null>
}

export type FrameBody = {
  readonly writer: string | undefined
  readonly seq: number | undefined
  readonly update: Update | undefined
  readonly blocks: readonly Block[]
}

export const recordVersion = 1
export const flagSequence = 1
export const flagUpdate = 2

/**
 * A log record: many frames of many runs of one partition, with each run, writer and metric set named once. Integers are
 * varints (7 bits a byte, low first, up to 2^53), texts are varint length + UTF-8, float64 and int64 are little-endian.
 *
 *     u8 version = 2, float64 received (ms of the first frame)
 *     frame*:
 *       varint source     0: a new source follows; n: the n-th source of this record
 *         [name project, text run, varint writer   0: none; 1: a new name follows (text); n + 1: the n-th name of this record]
 *       u8     flags      1: seq, by the source's writer; 2: update; 4: exactly one block
 *       varint received   ms after the frame before
 *       [varint seq]
 *       [update]          see update.ts
 *       [varint blocks]   without flag 4
 *       block*:
 *         u8 kinds        bits 0-1 steps: 0 one, 1 range, 2 list; bits 2-3 times: 0 received, 1 the same for all, 2 range, 3 list;
 *                         16: values are float32; 32: the set of the block before; 64: the first step is negative; 128: times begin
 *                         with a float64 instead of a difference
 *         [varint set]    without 32. 0: a new set follows (varint count, texts); n: the n-th set of this record
 *         steps           one: varint, without sign; range: varint start, without sign, varint stride, varint count;
 *                         list: varint count, count x int64
 *         times           the same, range: difference; range also: varint stride; list: count x int64
 *         values          names x count x float64 or float32, all values of the first name first
 *
 * A name is a varint, 0: a new one follows (text); n: the n-th name of this record. A difference is that to the start of the times before
 * it in this record (at first to its received), as a varint of 2d, or -2d - 1 if it is negative.
 *
 * Version 1, which is only read, is in reader-one.ts.
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

export const recordVersion = 2
export const flagSequence = 1
export const flagUpdate = 2
export const flagOneBlock = 4

/** Bits of a block's kinds. */
export const stepsOne = 0
export const stepsRange = 1
export const stepsList = 2
export const timesReceived = 0
export const timesSame = 1
export const timesRange = 2
export const timesList = 3
export const kindFloat32 = 16
export const kindSameSet = 32
export const kindNegative = 64
export const kindFloatTime = 128

/** Any object that names a run; the same object stands for the same run within a record. */
export type RunName = { readonly project: string; readonly run: string }

export type RecordFrame = FrameBody & { readonly run: RunName; readonly receivedMs: number }

import { valueMemory } from '../../schema/value-codes.ts'
import { createScales, encodeSeries } from '../../schema/value-encoding.ts'
import { createRandom } from '../../test/random.ts'
import type { BlockColumn } from './native-block.ts'
import { normal, type Training, train } from './training.fixture.ts'

/** A value of a series at a step, of some noise of mean 0 and deviation 1. */
type ValueOf = (series: number, step: number, noise: number) => number

const random = createRandom(1)
const tableMask = 0xffff
const noiseTable = Float64Array.from({ length: tableMask + 1 }, () => normal(random))
/** The noise of a step of a series: from a table, read from another place by each series. */
export const noiseAt = (series: number, step: number) =>
  noiseTable[(Math.imul(series, 0x9e3779b1) + step * 7 + (step >> 13)) & tableMask]!

/** Between 0 and 1, the same for the same series. */
const share = (series: number) => (Math.imul(series + 1, 0x85ebca6b) >>> 0) / 2 ** 32
const lossOf: ValueOf = (series, step, noise) => {
  return (0.3 + 3 * share(series)) * (0.05 + 1 / (1 + step * 0.01)) * (1 + 0.04 * noise)
}
const normOf: ValueOf = (series, step, noise) =>
  lossOf(series, step, 0) * Math.exp(0.4 * noise) * (noise > 2.9 ? 20 : 1)
const rounded = (value: number, digits: number) => Math.round(value * 10 ** digits) / 10 ** digits

let trainings: readonly Training[] | undefined
const trainingSteps = 10_000
const learningRates = [0.003, 0.01, 0.03, 0.1]
/** Every series begins somewhere else in one of sixteen trainings. */
function trained(name: keyof Training): ValueOf {
  return (series, step) => {
    trainings ??= Array.from({ length: 16 }, (_, i) => train(i + 1, trainingSteps, learningRates[i % 4]!))
    return trainings[series % trainings.length]![name][(series * 7_919 + step) % trainingSteps]!
  }
}
const trainedLoss = trained('loss')

/** Kinds of values that trainings log. */
export const valueKinds: Readonly<Record<string, ValueOf>> = {
  'noisy float64 loss': lossOf,
  'noisy float32 loss': (...at) => Math.fround(lossOf(...at)),
  'real loss, float64': trainedLoss,
  'real loss, float32': (...at) => Math.fround(trainedLoss(...at)),
  'real gradient norm, float64': trained('gradientNorm'),
  'real accuracy of a batch': trained('accuracy'),
  'gradient norm with spikes': normOf,
  'accuracy, 4 digits': (_, step, noise) => rounded(Math.min(1, 0.98 - 0.88 / (1 + step * 0.01) + 0.012 * noise), 4),
  'milliseconds, 3 digits': (series, _, noise) => rounded(120 * (0.5 + share(series)) + 6 * Math.abs(noise), 3),
  'constant learning rate': (series) => 10 ** -(2 + (series % 4)),
  epoch: (_, step) => Math.floor(step / 100),
}

/** What a job of 100 metrics logs: of 20 metrics, six losses in float32, as most frameworks have them, and so on. */
const mixture = [
  ...Array(6).fill('noisy float32 loss'),
  ...Array(3).fill('noisy float64 loss'),
  ...Array(4).fill('gradient norm with spikes'),
  ...Array(2).fill('accuracy, 4 digits'),
  ...Array(2).fill('milliseconds, 3 digits'),
  'real loss, float64',
  'constant learning rate',
  'epoch',
].map((kind: string) => valueKinds[kind]!)

/** The values of a table: one kind for all metrics, or of each metric another one. */
export const valuesOf = (kind: string): ValueOf =>
  kind === 'mixed' ? (series, ...at) => mixture[series % mixture.length]!(series, ...at) : valueKinds[kind]!

export type Shape = 'sparse' | 'dense'
export type Points = { readonly rows: number; readonly columns: readonly BlockColumn[] }

type Job = {
  readonly metrics: number
  readonly stepsPerFrame: number
  readonly stepMs: number
  readonly framesPerRecord: number
}
const jobs: Readonly<Record<Shape, Job>> = {
  sparse: { metrics: 100, stepsPerFrame: 1, stepMs: 1_000, framesPerRecord: 250 },
  dense: { metrics: 10, stepsPerFrame: 100, stepMs: 250, framesPerRecord: 30 },
}
/** Clocks of jobs are that exact, deviation in ms. */
const jitterMs = 5

/**
 * Blocks of the table `points` as the sink would insert them, in the order of the key. `sparse`: 10,000 jobs log 100 metrics a second,
 * so that a block of a million rows has one point of each series. `dense`: a block has a thousand steps of each series that is in it, and
 * every tenth has the same series again. Frames come in nearly the same order each time and share records of the log.
 */
export function pointBlocks(shape: Shape, kind: string, rowsPerBlock: number): (block: number) => Points {
  const { metrics, stepsPerFrame } = jobs[shape]
  const curve = valuesOf(kind)
  if (shape === 'sparse') {
    const runs = keys(10_000, 2)
    const framesPerBlock = rowsPerBlock / metrics
    return (block) => {
      const frames = Array.from({ length: framesPerBlock }, (_, i) => {
        const at = block * framesPerBlock + i
        // Jobs log in an order that has nothing to do with that of their keys.
        return { run: ((at % runs.length) * 7_919) % runs.length, place: at, step: Math.floor(at / runs.length) }
      })
      return rowsOf(shape, runs, frames, curve)
    }
  }
  const runsPerBlock = rowsPerBlock / (metrics * 1_000)
  const runs = keys(runsPerBlock * 10, 2)
  return (block) => {
    const round = Math.floor(block / 10)
    const frames = Array.from({ length: runsPerBlock * 10 }, (_, i) => {
      const run = (block % 10) * runsPerBlock + (i % runsPerBlock)
      const frame = round * 10 + Math.floor(i / runsPerBlock)
      return { run, place: block * runsPerBlock * 10 + i, step: frame * stepsPerFrame }
    })
    return rowsOf(shape, runs, frames, curve)
  }
}

type Frame = { readonly run: number; readonly place: number; readonly step: number }

function rowsOf(shape: Shape, runs: BigUint64Array, frames: Frame[], curve: ValueOf): Points {
  const { metrics, stepsPerFrame, stepMs, framesPerRecord } = jobs[shape]
  const rows = frames.length * metrics * stepsPerFrame
  const [run, metric, ord] = [new BigUint64Array(rows), new BigUint64Array(rows), new BigUint64Array(rows)]
  const [step, time, value] = [new Float64Array(rows), new Float64Array(rows), new Float64Array(rows)]
  frames.sort((a, b) => a.run - b.run || a.step - b.step)
  let row = 0
  for (let from = 0; from < frames.length; ) {
    let end = from + 1
    while (end < frames.length && frames[end]!.run === frames[from]!.run) end++
    const of = frames[from]!.run
    const names = metricKeys[of % metricKeys.length]!
    run.fill(runs[of]!, row, row + (end - from) * metrics * stepsPerFrame)
    for (let m = 0; m < metrics; m++) {
      metric.fill(names[m]!, row, row + (end - from) * stepsPerFrame)
      const series = of * 100 + m
      for (let f = from; f < end; f++) {
        const frame = frames[f]!
        const late = noiseAt(of, frame.step) * jitterMs
        const place = Math.max(0, frame.place + Math.round(late * 10))
        ord.fill(BigInt(Math.floor(place / framesPerRecord) * 65_536), row, row + stepsPerFrame)
        const begin = Math.round(1_700_000_000_000 + (of % 1_000) + late) + frame.step * stepMs
        for (let i = 0; i < stepsPerFrame; i++, row++) {
          step[row] = frame.step + i
          time[row] = begin + i * stepMs
          value[row] = curve(series, frame.step + i, noiseAt(series, frame.step + i))
        }
      }
    }
    from = end
  }
  const columns: BlockColumn[] = [
    { name: 'run', type: 'UInt64', data: run },
    { name: 'metric', type: 'UInt64', data: metric },
    { name: 'step', type: 'Int64', data: integers(step) },
    { name: 'time', type: "DateTime64(3, 'UTC')", data: integers(time) },
    { name: 'value', type: 'Float64', data: value },
    { name: 'ord', type: 'UInt64', data: ord },
  ]
  return { rows, columns }
}

/** The same points with `code` instead of `value`, as the table has them: the scale of decimals is kept along each series. */
export function coded({ rows, columns }: Points): Points {
  const dataOf = <T>(name: string) => columns.find((column) => column.name === name)!.data as T
  const memory = valueMemory(dataOf<Float64Array>('value').slice())
  const metrics = dataOf<BigUint64Array>('metric')
  for (let from = 0, to: number; from < rows; from = to) {
    for (to = from + 1; to < rows && metrics[to] === metrics[from]; ) to++
    encodeSeries(memory, from, to - from, createScales(1), 0, 1)
  }
  const code = { name: 'code', type: 'UInt64', data: new BigUint64Array(memory.wide.buffer) } as const
  return { rows, columns: columns.map((column) => (column.name === 'value' ? code : column)) }
}

/** Rows of sparse jobs that have logged `steps` steps, in one block: what merges make of theirs. */
export function mergedPoints(kind: string, rows: number, steps: number): Points {
  const runs = keys(rows / (steps * jobs.sparse.metrics), 3)
  const frames = Array.from({ length: runs.length * steps }, (_, at) => {
    const step = Math.floor(at / runs.length)
    const run = at % runs.length
    return { run, place: step * 10_000 + run * 37, step }
  })
  return rowsOf('sparse', runs, frames, valuesOf(kind))
}

/** Ascending, all over the range, as the first 64 bits of a hash are. */
function keys(count: number, seed: number): BigUint64Array {
  const random = createRandom(seed)
  const half = () => BigInt(Math.floor(random() * 2 ** 32))
  return BigUint64Array.from({ length: count }, () => (half() << 32n) | half()).sort()
}

/** Names of the metrics of fifty projects. */
const metricKeys = Array.from({ length: 50 }, (_, project) => keys(100, 100 + project))

/** Whole numbers from 0 to 2^53 as int64, in two halves: a BigInt each would take longer than all the rest. */
function integers(numbers: Float64Array): BigInt64Array {
  const integers = new BigInt64Array(numbers.length)
  const words = new Uint32Array(integers.buffer)
  for (let i = 0; i < numbers.length; i++) {
    words[i * 2] = numbers[i]! >>> 0
    words[i * 2 + 1] = Math.floor(numbers[i]! / 2 ** 32)
  }
  return integers
}

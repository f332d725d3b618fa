import { mix32 } from '../bench/random.ts'

/** The load, told in three numbers: every frame follows from them. */
export type LoadSpec = { readonly seed: number; readonly runs: number; readonly points: number }

/** The frames of one writer of one run, numbered from 0. */
export type Lane = {
  readonly index: number
  readonly run: string
  /** Undefined: frames go without writer and seq, and are never sent again. */
  readonly writer: string | undefined
  /** Which of the run's lanes it is; together with their number it makes frames distinct by their times. */
  readonly ordinal: number
  readonly lanesOfRun: number
  readonly shape: Shape
  readonly form: 'columns' | 'rows'
  readonly width: 4 | 8
  readonly stride: number
  readonly originStep: number
  /** Frames between the oldest undecided one and the newest, at most: what sequence numbers can be kept of, and a pipeline's depth. */
  readonly window: number
  /** Frames it may give up on; each can stay a gap for ever. */
  readonly abandonsAtMost: number
}

/** A metric set and how many steps a frame of it has at most. */
export type Shape = { readonly set: number; readonly metrics: readonly string[]; readonly stepsAtMost: number }

export type RunPlan = { readonly run: string; readonly lanes: readonly Lane[] }
export type Plan = LoadSpec & { readonly shapes: readonly Shape[]; readonly planned: readonly RunPlan[] }

export const project = 'faults'
const shapeCount = 24
/** Where steps begin, now and then at the edges of what a step can be. */
const originSteps = [0, 0, 0, 0, 0, -1_000_000, 2 ** 52, -Number.MAX_SAFE_INTEGER]

export function makePlan(spec: LoadSpec): Plan {
  const shapes = Array.from({ length: shapeCount }, (_, set) => makeShape(spec.seed, set))
  const planned: RunPlan[] = []
  let index = 0
  for (let number = 0; number < spec.runs; number++) {
    const run = `run-${String(number).padStart(6, '0')}`
    const chance = draw(spec.seed, number, 1) % 20
    // Most runs have one writer; some several; a few one that does not number its frames.
    const lanesOfRun = chance < 14 ? 1 : chance < 18 ? 2 : chance < 19 ? 3 : 1
    const lanes: Lane[] = []
    for (let ordinal = 0; ordinal < lanesOfRun; ordinal++, index++) {
      const h = draw(spec.seed, index, 2)
      const anonymous = chance === 19 || ordinal === 2
      // Writers of one run share their metrics as often as not.
      const set = draw(spec.seed, number, ordinal > 0 && h % 2 === 0 ? 4 : 3) % shapeCount
      lanes.push({
        ...{ index, run, ordinal, lanesOfRun },
        writer: anonymous ? undefined : `writer-${ordinal}`,
        shape: shapes[set]!,
        form: (h >>> 2) % 4 === 0 ? 'rows' : 'columns',
        width: (h >>> 4) % 6 === 0 ? 4 : 8,
        stride: 1 + ((h >>> 8) % 3),
        originStep: originSteps[(h >>> 12) % originSteps.length]!,
        // Together no more than the gaps that the sink remembers of a writer.
        window: [4, 16, 56][(h >>> 16) % 3]!,
        abandonsAtMost: 8,
      })
    }
    planned.push({ run, lanes })
  }
  return { ...spec, shapes, planned }
}

function makeShape(seed: number, set: number): Shape {
  const h = draw(seed, set, 5)
  const [least, most, stepsAtMost] = (
    [
      [4, 10, 60],
      [3, 8, 8],
      [30, 50, 2],
      [1, 3, 2],
    ] as const
  )[[0, 0, 0, 0, 1, 1, 1, 2, 2, 3][set % 10]!]!
  const count = least + (h % (most - least + 1))
  const names = ['loss', 'grad/norm', 'précision', 'lr', '学習率', 'eval/🎯']
  const metrics = Array.from({ length: count }, (_, i) => `${names[i % names.length]}/${set}.${i}`)
  return { set, metrics, stepsAtMost }
}

/** A number of 32 bits that the seed gives for the `index`-th thing of a purpose. */
export function draw(seed: number, index: number, purpose: number): number {
  return mix32(mix32(mix32(seed ^ 0x9e3779b9) + Math.imul(purpose, 0x85ebca77)) + Math.imul(index, 0x27d4eb2f))
}

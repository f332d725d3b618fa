/** What data there is, told in three numbers: any process that has them can compute every value. */
import { mix32 } from '../random.ts'
import type { Curve, CurveKind } from './curve.ts'
import type { RunsData } from './runs-data.ts'

export type PlanSpec = { readonly points: number; readonly runs: number; readonly seed: number }

/** Runs whose points are read, in a project of their own. */
export type CurveProject = {
  readonly project: string
  readonly metric: string
  readonly curves: readonly Curve[]
  /** Which way its points come into the store. */
  readonly way: 'gateway' | 'store'
}

/** The param `arm` of the n-th run of a project that came straight into the store. */
export const armOf = (run: number): string => `arm-${run % 5}`

export type Plan = PlanSpec & {
  /** One run each of 1e3, 1e4 … points; the short ones and the long ones come in by different ways. */
  readonly lengths: readonly CurveProject[]
  /** Many runs in one chart. */
  readonly chart: CurveProject
  /** Very many short runs, for quantile bands. */
  readonly bands: CurveProject
  /** Runs of which only params, tags and summaries are asked. */
  readonly leaderboards: readonly RunsData[]
}

const metric = 'train/loss'
/** What comes through the gateway stays small: all else goes straight into the store, which is the quicker way. */
const longestThroughGateway = 1e5
/** Longer ones are there only with late and repeated points, the harder kind. */
const longestOrdered = 1e6
const smallProject = 50_000
/** What others can hold as well. */
export const peerProject = 10_000

export function makePlan(spec: PlanSpec): Plan {
  const { points, runs, seed } = spec
  const curve = (run: string, steps: number, kind: CurveKind): Curve => {
    return { run, steps, kind, seed: mix32(seed ^ mix32(hashOf(run))) }
  }
  const short: Curve[] = []
  const long: Curve[] = []
  for (const steps of lengthsUpTo(points)) {
    const list = steps <= longestThroughGateway ? short : long
    list.push(curve(`length-${steps}`, steps, 'rewound'))
    if (steps <= longestOrdered) list.push(curve(`ordered-${steps}`, steps, 'ordered'))
  }
  const many = (prefix: string, count: number, steps: number, kindOf: (i: number) => CurveKind) =>
    Array.from({ length: count }, (_, i) => curve(`${prefix}-${String(i).padStart(5, '0')}`, steps, kindOf(i)))
  const lengths: CurveProject[] = [{ project: 'bench-short', metric, curves: short, way: 'gateway' }]
  if (long.length > 0) lengths.push({ project: 'bench-long', metric, curves: long, way: 'store' })
  return {
    ...spec,
    lengths,
    chart: {
      project: 'bench-chart',
      metric,
      curves: many('chart', 100, Math.min(1e4, Math.ceil(points / 100)), (i) => (i % 10 === 0 ? 'rewound' : 'ordered')),
      way: 'gateway',
    },
    bands: {
      project: 'bench-bands',
      metric,
      curves: many('band', Math.min(10_000, Math.max(1, Math.round(points / 100))), 1_000, () => 'smooth'),
      way: 'store',
    },
    leaderboards: [...new Set([peerProject, smallProject, runs].map((count) => Math.min(count, runs)))].map(
      (count) => ({
        project: `bench-runs-${count}`,
        runs: count,
      }),
    ),
  }
}

/** Powers of ten from 1e3 on, and the bound itself where it is none. */
function lengthsUpTo(points: number): number[] {
  const lengths: number[] = []
  for (let length = 1_000; length < points; length *= 10) lengths.push(length)
  return [...lengths, points]
}

/** FNV-1a: run ids to numbers. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}

export const pointsOf = ({ curves }: CurveProject): number => curves.reduce((sum, { steps }) => sum + steps, 0)

/** All projects whose points are there. */
export const curveProjects = ({ lengths, chart, bands }: Plan): CurveProject[] => [...lengths, chart, bands]

import type { IngestResult } from '../results.ts'
import { roles } from '../usage.ts'
import { type Bar, stackedBars } from './bars.ts'
import { type Line, linePlot } from './lines.ts'

/** Each process has its colour everywhere; so has each phase. */
const colorOfRole: Readonly<Record<string, string>> = {
  load: 'c6',
  server: 'c0',
  gateway: 'c0',
  broker: 'c1',
  sink: 'c2',
  query: 'c3',
  store: 'c4',
}
const colorOfPhase: Readonly<Record<string, string>> = { ramp: 'c6', full: 'c1', steady: 'c0', burst: 'c3' }

/** Seconds. Samples come twice a second, and none between phases. */
const longestGap = 1.2

/** What happened when. */
export function timePlots({ timeline }: IngestResult): string {
  const bands = phaseBands(timeline)
  const axis = { xLabel: 'seconds', bands }
  const single = (name: string, figure: (sample: IngestResult['timeline'][number]) => number): Line[] => [
    { name, color: 'c0', longestGap, points: timeline.map((sample) => [sample.seconds, figure(sample)]) },
  ]
  const byRole = (figure: 'cores' | 'residentBytes', divisor: number): Line[] =>
    roles.map((role) => ({
      name: role,
      color: colorOfRole[role]!,
      longestGap,
      points: timeline.flatMap((sample) => {
        const value = sample[figure]?.[role]
        return value === undefined ? [] : [[sample.seconds, value / divisor] as const]
      }),
    }))
  const throughput = single('points acknowledged', (sample) => sample.pointsPerSecond)
  const slowest = single('slowest acknowledgement', (sample) => sample.slowestAckMilliseconds)
  return [
    linePlot({ ...axis, title: 'Points acknowledged', unit: 'per second', lines: throughput }),
    linePlot({ ...axis, title: 'Slowest acknowledgement of each half second', unit: 'ms', lines: slowest }),
    linePlot({ ...axis, title: 'Cores in use', unit: 'by process', lines: byRole('cores', 1) }),
    linePlot({ ...axis, title: 'Memory', unit: 'resident, MiB', lines: byRole('residentBytes', 2 ** 20) }),
  ].join('\n')
}

/** Phase by phase. */
export function phasePlots({ phases, cpuSecondsPerMillionPoints: full, ...steady }: IngestResult): string {
  const names = ['ramp', 'full', 'steady', 'burst'] as const
  const lines = names.map((name): Line => {
    const curve = phases[name]?.ackMilliseconds.curve ?? []
    return { name: `${name}, acknowledged`, color: colorOfPhase[name]!, points: curve.map(toNines) }
  })
  const fresh = steady.visibleMilliseconds?.curve ?? []
  const known = steady.visibleInKnownRunsMilliseconds?.curve ?? []
  lines.push({ name: 'steady, new runs visible to a question', color: 'c2', points: fresh.map(toNines) })
  lines.push({ name: 'steady, points of known runs visible', color: 'c4', points: known.map(toNines) })
  const latency = linePlot({
    ...{ title: 'Latency', unit: 'ms, logarithmic', xLabel: 'percentile', logarithmic: true },
    ...{ lines, xTicks: percentTicks },
  })
  // The ramp is left out: in it everything is compiled, for few points.
  const open = [phases.steady, phases.burst].map((phase) => phase?.cpuSecondsPerMillionPoints)
  const bars = [full, ...open].map((cpu, i) => bar(['full', 'steady', 'burst'][i]!, cpu ?? null))
  return (
    latency +
    stackedBars(
      'CPU seconds per million points',
      'by process',
      bars.filter((one) => one !== undefined),
    )
  )
}

function bar(name: string, cpu: Readonly<Record<string, number | null | undefined>> | null): Bar | undefined {
  if (cpu === null) return undefined
  const parts = [...roles, 'load'].flatMap((role) => {
    const value = cpu[role]
    return typeof value === 'number' ? [{ name: role, color: colorOfRole[role]!, value }] : []
  })
  return { name, parts }
}

/** 90 % is one nine, 99 % two: so the slow end gets room. The slowest of all stands where 99.999 % would. */
function nines(percent: number): number {
  return percent >= 100 ? 5 : -Math.log10(1 - percent / 100)
}

/** Where percentiles stand. */
export const percentTicks = [0, 50, 90, 99, 99.9, 99.99].map((percent) => [nines(percent), `${percent}%`] as const)

export const toNines = ([percent, milliseconds]: readonly [number, number]) => [nines(percent), milliseconds] as const

function phaseBands(timeline: IngestResult['timeline']) {
  const bands: { name: string; from: number; to: number }[] = []
  for (const { phase, seconds } of timeline) {
    const last = bands.at(-1)
    if (last?.name === phase) last.to = seconds
    else bands.push({ name: phase, from: Math.max(last?.to ?? 0, seconds - 0.5), to: seconds })
  }
  return bands
}

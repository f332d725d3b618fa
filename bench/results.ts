import type { Inspected } from './inspect.ts'
import type { Latency } from './latency.ts'
import type { Measured } from './measure.ts'
import type { IngestOptions } from './options.ts'
import type { PeerOutcome } from './peer-outcomes.ts'
import type { OpenLoop, Phase } from './phases.ts'
import { machine, versions } from './system.ts'
import type { Sample } from './timeline.ts'
import { mapUsage, total, type Usage } from './usage.ts'
import type { WireVerification } from './wire-verification.ts'

/** What was found out besides the phases. `wire` stands in for `inspected` where the store's disk is out of reach. */
export type Findings = {
  readonly inspected: Inspected | undefined
  readonly wire: WireVerification | undefined
  readonly peers: Readonly<Record<string, PeerOutcome>>
}

export type IngestResult = ReturnType<typeof ingestResult>

/** What `--json` writes. Durations are in the unit their name ends with; `null` where a figure could not be had. */
export function ingestResult(
  options: IngestOptions,
  measured: Measured,
  timeline: readonly Sample[],
  { inspected, wire, peers }: Findings,
) {
  const { ramp, full, steady, burst } = measured
  const loads = [ramp, full, steady, burst].map((phase) => phase?.load)
  const pointsPerSecond = full === undefined ? null : full.load.points / full.wallSeconds
  // The faster of the two orders, so that the ratio is the less flattering one.
  const raw = inspected?.raw.reduce((best, one) => (one.pointsPerSecond > best.pointsPerSecond ? one : best))
  const verification = inspected?.verification
  return {
    benchmark: 'ingest' as const,
    shape: options.shape,
    log: options.url === undefined ? options.log : null,
    partitions: options.url === undefined && options.log === 'kafka' ? options.partitions : null,
    seed: options.seed,
    points: full?.load.points ?? null,
    frames: full?.load.frames ?? null,
    runs: options.runs,
    connections: options.connections,
    generators: options.generators,
    wallSeconds: full?.wallSeconds ?? null,
    pointsPerSecond,
    cpuSecondsPerMillionPoints: full === undefined ? null : fullCpu(full, measured.mergeCpuSeconds),
    /** What kept the cores in the full phase; `others` is what neither the system under test nor its load had. */
    cores: full === undefined ? null : coresOf(full),
    rawInsertPointsPerSecond: raw?.pointsPerSecond ?? null,
    rawOrder: raw?.order ?? null,
    ratioToRaw: raw === undefined || pointsPerSecond === null ? null : pointsPerSecond / raw.pointsPerSecond,
    raw: inspected?.raw ?? null,
    /** In the steady phase: open loop at half of the full rate unless `--rate` says otherwise. */
    ackMilliseconds: steady?.load.ackMilliseconds() ?? null,
    /** Of the first point of a run, and of the next ones. */
    visibleMilliseconds: steady?.probes.visibleMilliseconds ?? null,
    visibleInKnownRunsMilliseconds: steady?.probes.visibleInKnownRunsMilliseconds ?? null,
    /** What of it is the asking. */
    probeQuestionMilliseconds: steady?.probes.questionMilliseconds ?? null,
    /** In the full phase, with every connection's credit used up. */
    ackAtFullRateMilliseconds: full?.load.ackMilliseconds() ?? null,
    openLoop: steady === undefined ? null : { pointsPerSecondWanted: wantedRate(steady), ...figures(steady) },
    phases: {
      ramp: ramp === undefined ? null : openLoopFigures(ramp),
      full: full === undefined ? null : { ...figures(full), ackMilliseconds: full.load.ackMilliseconds() },
      steady: steady === undefined ? null : openLoopFigures(steady),
      burst: burst === undefined ? null : { ...openLoopFigures(burst), ...partsOfBurst(burst) },
    },
    curveMilliseconds: measured.curve ?? null,
    storedExactly: verification?.storedExactly ?? exactOverWire(wire),
    verification: verification ?? null,
    wireVerification: wire ?? null,
    wireBytesPerPoint: full === undefined ? null : full.load.bytes / full.load.points,
    /** After all merges: everything in the store, and the table of points alone. */
    bytesPerPoint: verification ? verification.merged.storeBytes / verification.totalPoints : null,
    pointsTableBytesPerPoint: verification ? verification.merged.pointsTableBytes / verification.totalPoints : null,
    /** The table of points as it was when the system stopped. */
    tableBytesPerPoint: verification ? verification.pointsTableBytes / verification.totalPoints : null,
    bytesOnDisk: inspected?.bytesOnDisk ?? null,
    /** The most that each process has held. */
    residentBytes: measured.peakResidentBytes ?? null,
    serverPeakResidentBytes: measured.peakResidentBytes?.server ?? null,
    peers,
    retries: loads.reduce((sum, load) => sum + (load?.retries ?? 0), 0),
    timeline,
    finishedAt: new Date().toISOString(),
    machine: machine(),
    versions: { ...versions(), engine: verification?.engine ?? null },
  }
}

/** Of the full phase: process by process, their sums, and the same with the background merges that follow it. */
function fullCpu(full: Phase, merges: Usage | undefined) {
  const millions = full.load.points / 1e6
  const cpu = cpuPerMillion(full)
  const withMerges = cpu.totalWithoutLoad === null || !merges ? null : cpu.totalWithoutLoad + total(merges) / millions
  return { ...cpu, withMerges, ...(full.cpuSeconds?.server === undefined ? {} : { serverWithMerges: withMerges }) }
}

function coresOf({ load, cpuSeconds, systemSeconds, wallSeconds }: Phase) {
  if (systemSeconds === undefined) return null
  const { busy, ioWait, steal } = systemSeconds
  const ours = load.cpuSeconds + (cpuSeconds === undefined ? 0 : total(cpuSeconds))
  const known = { ours, others: Math.max(0, busy - ours), ioWait, steal }
  const entries = Object.entries(known).map(([name, seconds]) => [name, seconds / wallSeconds] as const)
  return Object.fromEntries(entries) as Record<keyof typeof known, number>
}

function cpuPerMillion({ load, cpuSeconds }: Phase) {
  const millions = load.points / 1e6
  const generators = load.cpuSeconds / millions
  const ours = cpuSeconds === undefined ? null : total(cpuSeconds) / millions
  return {
    load: generators,
    ...(cpuSeconds && mapUsage(cpuSeconds, (seconds) => seconds / millions)),
    total: ours === null ? null : generators + ours,
    totalWithoutLoad: ours,
  }
}

function figures({ load }: Phase) {
  const { points, seconds, retries } = load
  return { pointsPerSecond: points / seconds, points, seconds, retries }
}

function openLoopFigures(phase: OpenLoop) {
  const ackMilliseconds: Latency = phase.load.ackMilliseconds()
  return {
    pointsPerSecondWanted: wantedRate(phase),
    ...figures(phase),
    ackMilliseconds,
    visibleMilliseconds: phase.probes.visibleMilliseconds,
    visibleInKnownRunsMilliseconds: phase.probes.visibleInKnownRunsMilliseconds,
    cpuSecondsPerMillionPoints: cpuPerMillion(phase),
  }
}

/** The highest of the schedule. */
function wantedRate({ schedule }: OpenLoop): number {
  return Math.max(...schedule.map(({ toRate }) => toRate))
}

/** Acknowledgements of what was due before, during and after the burst. */
function partsOfBurst({ load }: OpenLoop) {
  const [before, during, after] = load.ackOfStretches() as [Latency, Latency, Latency]
  return { ackBeforeMilliseconds: before, ackDuringMilliseconds: during, ackAfterMilliseconds: after }
}

/** A sample can show that something is wrong, but not that everything is right. */
function exactOverWire(wire: WireVerification | undefined): boolean | null {
  if (wire === undefined) return null
  return wire.exact ? (wire.complete ? true : null) : false
}

import type { Latency } from './latency.ts'
import type { IngestOptions } from './options.ts'
import type { Phase } from './phases.ts'
import type { ProbeResult } from './probe.ts'
import type { RawResult } from './raw.ts'
import { machine, versions } from './system.ts'
import { mapUsage, total, type Usage } from './usage.ts'
import type { VerifyAnswer } from './verify-child.ts'
import type { WireVerification } from './wire-verification.ts'

/** An open-loop phase with probes beside it. */
export type OpenLoop = Phase & { readonly pointsPerSecondWanted: number; readonly probes: ProbeResult }

/** Everything a benchmark measured, before it is put into figures. Undefined: a phase that was not asked for. */
export type Measured = {
  readonly full: Phase | undefined
  /** CPU between the end of the first phase and the end of its merges. */
  readonly mergeCpuSeconds: Usage | undefined
  readonly steady: OpenLoop | undefined
  readonly curve: Latency | undefined
  readonly peakResidentBytes: Usage | undefined
}

/** What only the store's disk tells. */
export type Inspected = {
  readonly verification: VerifyAnswer
  readonly raw: readonly RawResult[]
  readonly bytesOnDisk: { readonly store: number; readonly log: number }
}

export type IngestResult = ReturnType<typeof ingestResult>

/**
 * What `--json` writes. Durations are in the unit their name ends with; `null` where a figure could not be had. `wire` stands in
 * for `inspected` where the store's disk is out of reach.
 */
export function ingestResult(
  options: IngestOptions,
  measured: Measured,
  inspected: Inspected | undefined,
  wire: WireVerification | undefined,
) {
  const { full, steady } = measured
  const pointsPerSecond = full === undefined ? null : full.load.points / full.wallSeconds
  // The faster of the two orders, so that the ratio is the less flattering one.
  const raw = inspected?.raw.reduce((best, one) => (one.pointsPerSecond > best.pointsPerSecond ? one : best))
  const verification = inspected?.verification
  return {
    benchmark: 'ingest',
    shape: options.shape,
    log: options.url === undefined ? options.log : null,
    partitions: options.url === undefined && options.log === 'kafka' ? options.partitions : null,
    seed: options.seed,
    points: full?.load.points ?? null,
    frames: full?.load.frames ?? null,
    runs: options.runs,
    connections: options.connections,
    wallSeconds: full?.wallSeconds ?? null,
    pointsPerSecond,
    cpuSecondsPerMillionPoints: full === undefined ? null : cpuPerMillion(full, measured.mergeCpuSeconds),
    rawInsertPointsPerSecond: raw?.pointsPerSecond ?? null,
    rawOrder: raw?.order ?? null,
    ratioToRaw: raw === undefined || pointsPerSecond === null ? null : pointsPerSecond / raw.pointsPerSecond,
    raw: inspected?.raw ?? null,
    /** In the steady phase: open loop at half of the full rate unless `--rate` says otherwise. */
    ackMilliseconds: steady?.load.ackMilliseconds ?? null,
    visibleMilliseconds: steady?.probes.visibleMilliseconds ?? null,
    /** What of it is the asking. */
    probeQuestionMilliseconds: steady?.probes.questionMilliseconds ?? null,
    /** In the full phase, with every connection's credit used up. */
    ackAtFullRateMilliseconds: full?.load.ackMilliseconds ?? null,
    openLoop: steady === undefined ? null : openLoopFigures(steady),
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
    retries: (full?.load.retries ?? 0) + (steady?.load.retries ?? 0),
    finishedAt: new Date().toISOString(),
    machine: machine(),
    versions: { ...versions(), engine: verification?.engine ?? null },
  }
}

/** Of the full phase: process by process, their sums, and the same with the background merges that follow it. */
function cpuPerMillion({ load, cpuSeconds }: Phase, merges: Usage | undefined) {
  const millions = load.points / 1e6
  const generator = load.cpuSeconds / millions
  const known = cpuSeconds && { total: total(cpuSeconds) / millions, merges: merges && total(merges) / millions }
  const withMerges = known?.merges === undefined ? null : known.total + known.merges
  return {
    load: generator,
    ...(cpuSeconds && mapUsage(cpuSeconds, (seconds) => seconds / millions)),
    total: known ? generator + known.total : null,
    totalWithoutLoad: known?.total ?? null,
    /** Without the load. */
    withMerges,
    ...(cpuSeconds?.server === undefined ? {} : { serverWithMerges: withMerges }),
  }
}

function openLoopFigures({ load, pointsPerSecondWanted }: OpenLoop) {
  const { points, seconds } = load
  return { pointsPerSecondWanted, pointsPerSecond: points / seconds, points, seconds }
}

/** A sample can show that something is wrong, but not that everything is right. */
function exactOverWire(wire: WireVerification | undefined): boolean | null {
  if (wire === undefined) return null
  return wire.exact ? (wire.complete ? true : null) : false
}

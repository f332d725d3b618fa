import type { Latency } from './latency.ts'
import type { LoadResult } from './load.ts'
import type { IngestOptions } from './options.ts'
import type { ProbeResult } from './probe.ts'
import type { RawResult } from './raw.ts'
import { machine, versions } from './system.ts'
import type { VerifyAnswer } from './verify-child.ts'
import type { WireVerification } from './wire-verification.ts'

/** One load phase: what the generator saw and what the processes used while it ran. */
export type Phase = {
  readonly load: LoadResult
  /** From just before the first frame until every point is queryable. */
  readonly wallSeconds: number
  readonly serverCpuSeconds: number | undefined
}

/** Everything a benchmark measured, before it is put into figures. */
export type Measured = {
  readonly full: Phase
  /** Server CPU between the end of the first phase and the end of its merges. */
  readonly mergeCpuSeconds: number | undefined
  readonly open: Phase
  readonly openRate: number
  readonly probes: ProbeResult
  readonly curve: Latency
  readonly peakResidentBytes: number | undefined
}

/** What only the server's disk tells. */
export type Inspected = {
  readonly verification: VerifyAnswer
  readonly raw: readonly RawResult[]
  readonly bytesOnDisk: { readonly store: number; readonly log: number }
}

export type IngestResult = ReturnType<typeof ingestResult>

/**
 * What `--json` writes. Durations are in the unit their name ends with; `null` where a figure could not be had. `wire` stands in
 * for `inspected` where the server's disk is out of reach.
 */
export function ingestResult(
  options: IngestOptions,
  measured: Measured,
  inspected: Inspected | undefined,
  wire: WireVerification | undefined,
) {
  const { full, open } = measured
  const { points } = full.load
  const pointsPerSecond = points / full.wallSeconds
  const perMillion = (seconds: number | undefined) => (seconds === undefined ? null : seconds / (points / 1e6))
  const load = full.load.cpuSeconds / (points / 1e6)
  const server = perMillion(full.serverCpuSeconds)
  const merges = perMillion(measured.mergeCpuSeconds)
  // The faster of the two orders, so that the ratio is the less flattering one.
  const raw = inspected?.raw.reduce((best, one) => (one.pointsPerSecond > best.pointsPerSecond ? one : best))
  return {
    benchmark: 'ingest',
    shape: options.shape,
    seed: options.seed,
    points,
    frames: full.load.frames,
    runs: options.runs,
    connections: options.connections,
    wallSeconds: full.wallSeconds,
    pointsPerSecond,
    cpuSecondsPerMillionPoints: {
      load,
      server,
      total: server === null ? null : load + server,
      /** The server's, until its background merges had come to rest. */
      serverWithMerges: server === null || merges === null ? null : server + merges,
    },
    rawInsertPointsPerSecond: raw?.pointsPerSecond ?? null,
    rawOrder: raw?.order ?? null,
    ratioToRaw: raw === undefined ? null : pointsPerSecond / raw.pointsPerSecond,
    raw: inspected?.raw ?? null,
    /** In the open-loop phase: half of the rate of the first unless `--rate` says otherwise. */
    ackMilliseconds: open.load.ackMilliseconds,
    visibleMilliseconds: measured.probes.visibleMilliseconds,
    /** What of it is the asking. */
    probeQuestionMilliseconds: measured.probes.questionMilliseconds,
    /** In the first phase, with every connection's credit used up. */
    ackAtFullRateMilliseconds: full.load.ackMilliseconds,
    openLoop: {
      pointsPerSecondWanted: measured.openRate,
      pointsPerSecond: open.load.points / open.load.seconds,
      points: open.load.points,
      seconds: open.load.seconds,
    },
    curveMilliseconds: measured.curve,
    storedExactly: inspected?.verification.storedExactly ?? exactOverWire(wire),
    verification: inspected?.verification ?? null,
    wireVerification: wire ?? null,
    wireBytesPerPoint: full.load.bytes / points,
    tableBytesPerPoint: inspected ? inspected.verification.pointsTableBytes / inspected.verification.totalPoints : null,
    bytesOnDisk: inspected?.bytesOnDisk ?? null,
    serverPeakResidentBytes: measured.peakResidentBytes ?? null,
    retries: full.load.retries + open.load.retries,
    finishedAt: new Date().toISOString(),
    machine: machine(),
    versions: { ...versions(), engine: inspected?.verification.engine ?? null },
  }
}

/** A sample can show that something is wrong, but not that everything is right. */
function exactOverWire(wire: WireVerification | undefined): boolean | null {
  if (wire === undefined) return null
  return wire.exact ? (wire.complete ? true : null) : false
}

import { machine, versions } from '../system.ts'
import type { Usage } from '../usage.ts'
import type { Built } from './build.ts'
import type { ExportLine } from './export.ts'
import type { Line } from './lines.ts'
import type { QueryOptions } from './options.ts'
import type { PeerFindings } from './peers/peer.ts'
import { curveProjects, type Plan, pointsOf } from './plan.ts'
import type { Tiles } from './tiles.ts'
import type { Skipped } from './verify.ts'

export type Findings = {
  readonly built: Built | undefined
  readonly engine: string | undefined
  readonly lines: readonly Line[]
  readonly exports: readonly ExportLine[]
  readonly ingest: { readonly maximum: number | null; readonly wanted: number } | undefined
  readonly peakResidentBytes: Usage | undefined
  /** Undefined: the server makes none. */
  readonly tiles: Tiles | undefined
  readonly skipped: readonly Skipped[]
  readonly peers: Readonly<Record<string, PeerFindings>>
}

export type QueryResult = ReturnType<typeof queryResult>

/** What `--json` writes. Durations are in the unit their name ends with; `null` where a figure could not be had. */
export function queryResult(options: QueryOptions, plan: Plan, findings: Findings) {
  const { built, engine, lines, exports, ingest, peakResidentBytes, peers, skipped, tiles } = findings
  return {
    benchmark: 'query' as const,
    seed: options.seed,
    points: options.points,
    runs: options.runs,
    clients: options.clients,
    seconds: options.seconds,
    /** Whether all questions were answered as brute force has it; a wrong answer ends the benchmark without figures. */
    verified: skipped.every(({ failed }) => !failed),
    skipped,
    data: {
      curves: curveProjects(plan).map((project) => ({
        project: project.project,
        way: project.way,
        runs: project.curves.length,
        steps: pointsOf(project),
      })),
      leaderboards: plan.leaderboards.map(({ project, runs }) => ({ project, way: 'store', runs })),
      built: built ?? null,
    },
    lines,
    exports,
    targets: {
      asked: [...lines, ...exports].filter(({ met }) => met !== null).length,
      met: [...lines, ...exports].filter(({ met }) => met === true).length,
    },
    tiles: tiles ?? null,
    ingest: ingest ?? null,
    peakResidentBytes: peakResidentBytes ?? null,
    peers,
    finishedAt: new Date().toISOString(),
    machine: machine(),
    versions: { ...versions(), engine: engine ?? null },
  }
}

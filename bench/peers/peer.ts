import type { Dataset } from '../dataset.ts'
import type { Shape } from '../metrics.ts'
import type { Batching } from './formats/format.ts'
import type { FormatName } from './formats/formats.ts'
import type { Program } from './program.ts'

/** One way to write into a peer. */
export type WritePath = Batching & {
  /** As tables of results name it. */
  readonly name: string
  readonly format: FormatName
  /** Path and query under the peer's address. */
  readonly endpoint: (dataset: Dataset) => string
  readonly headers: Readonly<Record<string, string>>
  readonly gzip: boolean
  /** Requests under way at a time, each on a connection of its own. */
  readonly connections: number
  /** Processes of the server that answer requests, where that is a choice. */
  readonly workers?: number
}

/** Points of one series as a peer gives them back, in the order of their times. */
export type StoredSeries = { readonly times: readonly number[]; readonly values: readonly number[] }

/** A peer that runs on an empty folder and is about to be written to in one way. */
export type RunningPeer = Program & {
  readonly url: string
  /** Tables or runs that must be there first; gives what the peer calls each run, if it chooses. */
  readonly prepare: (dataset: Dataset) => Promise<readonly string[]>
  /** Resolves when everything that was acknowledged is found by questions. */
  readonly untilQueryable: (dataset: Dataset) => Promise<void>
  readonly series: (dataset: Dataset, run: number, metric: number) => Promise<StoredSeries>
  /** Merges, purges and whatever else it would do later by itself. */
  readonly settle: () => Promise<void>
  /** How many points questions find. */
  readonly countPoints: (dataset: Dataset) => Promise<number>
  /** What its data and indices take, without caches and logs; asked for once it has stopped. */
  readonly bytesOnDisk: () => number
}

export type Peer = {
  readonly name: string
  readonly version: string
  /** By shape; the first is the fastest found. */
  readonly paths: Readonly<Record<Shape, readonly WritePath[]>>
  /** Frames of a run that one call takes together: fewer runs are used rather than calls that are not full. */
  readonly framesPerRun: Readonly<Record<Shape, number>>
  /** Points it is given when nobody says otherwise. */
  readonly maximumPoints: number
  /** What it does not keep whatever is sent, in words. */
  readonly lost: string
  /** Installs it unless it is there; gives its folder. Throws `PeerUnavailable`. */
  readonly install: (cacheDirectory: string) => Promise<string>
  readonly start: (folder: string, directory: string, path: WritePath) => Promise<RunningPeer>
}

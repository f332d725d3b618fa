import { parseArgs } from 'node:util'
import type { Shape } from '../metrics.ts'
import { type PeerName, peerNames } from './peers.ts'

export type PeerCommand = {
  readonly names: readonly PeerName[]
  readonly shape: Shape
  readonly points: number
  readonly runs: number
  readonly seed: number
  /** Bytes on disk of the two kinds of values, instead of a shape. */
  readonly bytes: boolean
  /** Of those points; their number gives the length. */
  readonly series: number
  /** Deviation of the clocks of those points. */
  readonly clockNoiseMs: number | undefined
  readonly maximumPoints: number | undefined
  readonly paths: 'best' | 'all' | readonly string[]
  readonly connections: number | undefined
  readonly json: string | undefined
  readonly cacheDirectory: string | undefined
  readonly workDirectory: string | undefined
}

/** A mistake in the command line: told to the user, exit code 2. */
export class UsageError extends Error {}

export const help = `Usage: node dist/bench/peers/main.js [${peerNames.join('|')}]… [options]

Installs each peer unless it is there, loads the benchmark's points into it, and prints a Markdown table of what that took.
Without names: all of them, one after the other.

  --shape dense|sparse   10 series x 100 steps a frame, or 100 series x 1 step (default dense)
  --points N             points that are sent (default 10000000, 100000000 with --bytes; MLflow gets 100000 of them)
  --runs N               jobs side by side (default 1000 dense, 10000 sparse)
  --bytes                instead of a shape: bytes on disk of 2000 series x 50,000 points (--points) of losses and of accuracies
  --series N             of them (default 2000); in parts below 100 MB Stepstream spares CPU instead of bytes
  --clock-noise MS       with --bytes: standard deviation of the jobs' clocks, at most 25 (default: perfect clocks)
  --paths best|all|TEXT  the fastest way of writing found, or all, or those whose name contains TEXT (may be repeated)
  --connections N        requests under way at a time, instead of each way's own number
  --maximum-points N     cuts every peer's points, MLflow's as well
  --json FILE            write the results there
  --seed N               every value follows from it (default 1)
  --cache DIR            where peers are installed (default $STEPSTREAM_CACHE or ~/.cache/stepstream)
  --work-dir DIR         where their data is meanwhile (default a temporary directory)
  --help                 this text

Exit codes: 0 measured, 1 failed, 2 wrong usage.
`

const defaultRuns: Readonly<Record<Shape, number>> = { dense: 1_000, sparse: 10_000 }

/** @throws UsageError */
export function parsePeerCommand(args: string[]): PeerCommand {
  const { values, positionals } = parse(args)
  const shape = values.shape
  if (shape !== 'dense' && shape !== 'sparse') throw new UsageError(`--shape must be dense or sparse, not ${shape}`)
  const paths = values.paths ?? ['best']
  return {
    names: positionals.length === 0 ? peerNames : positionals.map(peerName),
    shape,
    points: natural('points', values.points ?? (values.bytes ? '100000000' : '10000000')),
    runs: values.runs === undefined ? defaultRuns[shape] : natural('runs', values.runs),
    seed: natural('seed', values.seed),
    bytes: values.bytes,
    series: natural('series', values.series),
    clockNoiseMs: clockNoise(values['clock-noise']),
    maximumPoints:
      values['maximum-points'] === undefined ? undefined : natural('maximum-points', values['maximum-points']),
    paths: paths.length === 1 && (paths[0] === 'best' || paths[0] === 'all') ? paths[0] : paths,
    connections: values.connections === undefined ? undefined : natural('connections', values.connections),
    json: values.json,
    cacheDirectory: values.cache,
    workDirectory: values['work-dir'],
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        shape: { type: 'string', default: 'dense' },
        points: { type: 'string' },
        series: { type: 'string', default: '2000' },
        runs: { type: 'string' },
        seed: { type: 'string', default: '1' },
        bytes: { type: 'boolean', default: false },
        'clock-noise': { type: 'string' },
        'maximum-points': { type: 'string' },
        paths: { type: 'string', multiple: true },
        connections: { type: 'string' },
        json: { type: 'string' },
        cache: { type: 'string' },
        'work-dir': { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function peerName(text: string): PeerName {
  const name = peerNames.find((one) => one === text)
  if (name === undefined) throw new UsageError(`no peer is called ${text}; there are ${peerNames.join(', ')}`)
  return name
}

/** More than a tenth of a step would put steps out of order. */
function clockNoise(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const noise = natural('clock-noise', text)
  if (noise > 25) throw new UsageError(`--clock-noise must be at most 25, not ${text}`)
  return noise
}

/** Accepts `50000000`, `50_000_000` and `5e7`. */
function natural(name: string, text: string): number {
  const value = Number(text.replaceAll('_', ''))
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new UsageError(`--${name} must be a whole number from 1, not ${text}`)
}

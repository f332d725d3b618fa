import { parseArgs } from 'node:util'
import { type Shape, shapes } from './metrics.ts'

export type IngestOptions = {
  readonly shape: Shape
  readonly points: number
  readonly runs: number
  readonly seed: number
  readonly connections: number
  /** Points a second of the open-loop phase; undefined: half of what the first phase reached. */
  readonly rate: number | undefined
  readonly halfSeconds: number
  readonly json: string | undefined
  readonly dataDirectory: string | undefined
  readonly keep: boolean
  readonly url: string | undefined
  readonly apiKey: string | undefined
}

/** A mistake in the command line: told to the user, exit code 2. */
export class UsageError extends Error {}

export const help = `Usage: npm run bench -- ingest [options]

Drives the server over WebSocket from another process, waits until every point is queryable, verifies every stored
point, compares with raw inserts of the same data into the same table, and writes the results.

  --shape dense|sparse   10 series x 100 steps a frame, or 100 series x 1 step (default dense)
  --points N             points of the first phase (default 10000000)
  --json FILE            write the results there
  --runs N               jobs side by side (default ${shapes.dense.runs} dense, ${shapes.sparse.runs} sparse)
  --seed N               every value follows from it (default 1)
  --connections N        WebSocket connections that share the runs (default 8)
  --rate N               points/s of the open-loop phase (default half of what the first phase reached)
  --half-seconds N       length of the open-loop phase (default 15)
  --data-dir DIR         where the server keeps its data (default a temporary directory, removed at the end)
  --keep                 do not remove the temporary directory
  --url URL              use a server that runs already; what needs its disk is left out
  --api-key KEY          sent as Authorization: Bearer
  --help                 this text

Exit codes: 0 all points stored exactly, 1 not so or the run failed, 2 wrong usage.
`

/** @throws UsageError */
export function parseIngestOptions(args: string[]): IngestOptions {
  const { values } = parse(args)
  const shape = values.shape
  if (shape !== 'dense' && shape !== 'sparse') throw new UsageError(`--shape must be dense or sparse, not ${shape}`)
  const runs = natural('runs', values.runs ?? String(shapes[shape].runs), 1_000_000)
  return {
    shape,
    runs,
    points: natural('points', values.points, 1e11),
    seed: natural('seed', values.seed, 0xffffffff),
    connections: Math.min(natural('connections', values.connections, 1_000), runs),
    rate: values.rate === undefined ? undefined : natural('rate', values.rate, 1e9),
    halfSeconds: natural('half-seconds', values['half-seconds'], 3_600),
    json: values.json,
    dataDirectory: values['data-dir'],
    keep: values.keep,
    url: values.url === undefined ? undefined : httpUrl(values.url),
    apiKey: values['api-key'],
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        shape: { type: 'string', default: 'dense' },
        points: { type: 'string', default: '10000000' },
        runs: { type: 'string' },
        seed: { type: 'string', default: '1' },
        connections: { type: 'string', default: '8' },
        rate: { type: 'string' },
        'half-seconds': { type: 'string', default: '15' },
        json: { type: 'string' },
        'data-dir': { type: 'string' },
        keep: { type: 'boolean', default: false },
        url: { type: 'string' },
        'api-key': { type: 'string' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** Accepts `50000000`, `50_000_000` and `5e7`. */
function natural(name: string, text: string, largest: number): number {
  const value = Number(text.replaceAll('_', ''))
  if (Number.isInteger(value) && value >= 1 && value <= largest) return value
  throw new UsageError(`--${name} must be a whole number from 1 to ${largest}, not ${text}`)
}

function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
  throw new UsageError(`--url must be an http address, not ${text}`)
}

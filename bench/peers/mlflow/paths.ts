import type { Shape } from '../../metrics.ts'
import type { WritePath } from '../peer.ts'

const base = {
  format: 'logBatch',
  endpoint: () => '/api/2.0/mlflow/runs/log-batch',
  headers: { 'content-type': 'application/json' },
  gzip: false,
  oneRun: true,
} as const

type Size = { readonly metrics: number; readonly framesPerBody: number }

const path = ({ metrics, framesPerBody }: Size, workers: number, connections: number): WritePath => ({
  ...base,
  framesPerBody,
  workers,
  connections,
  name: `log-batch, ${metrics} metrics a call, ${workers} worker${workers === 1 ? '' : 's'}`,
})

/** A thousand metrics are the most that a call may have. Four workers are what `mlflow server` starts by itself. */
const full = (size: Size): WritePath[] => [
  path(size, 1, 1),
  path(size, 1, 4),
  path(size, 1, 8),
  path(size, 2, 4),
  path(size, 4, 4),
  path(size, 4, 8),
]

export const paths: Readonly<Record<Shape, readonly WritePath[]>> = {
  dense: full({ metrics: 1_000, framesPerBody: 1 }),
  sparse: [...full({ metrics: 1_000, framesPerBody: 10 }), path({ metrics: 100, framesPerBody: 1 }, 1, 1)],
}

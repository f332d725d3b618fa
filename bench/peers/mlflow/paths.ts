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
const fullCalls = { dense: { metrics: 1_000, framesPerBody: 1 }, sparse: { metrics: 1_000, framesPerBody: 10 } }

/** Workers and connections, the fastest found first. */
const choices = {
  dense: [
    [4, 4],
    [2, 4],
    [1, 1],
    [4, 8],
    [1, 8],
    [1, 4],
  ],
  sparse: [
    [1, 1],
    [4, 4],
    [1, 8],
    [1, 4],
    [2, 4],
    [4, 8],
  ],
} as const

const full = (shape: Shape) =>
  choices[shape].map(([workers, connections]) => path(fullCalls[shape], workers, connections))

export const paths: Readonly<Record<Shape, readonly WritePath[]>> = {
  dense: full('dense'),
  sparse: [...full('sparse'), path({ metrics: 100, framesPerBody: 1 }, 1, 1)],
}

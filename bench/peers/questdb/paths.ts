import type { Shape } from '../../metrics.ts'
import type { WritePath } from '../peer.ts'

/** Its own clients send 75,000 rows at a time unless told otherwise; narrow rows are points, a wide row has all metrics of a step. */
const base = {
  endpoint: () => '/write?precision=ms',
  headers: {},
  gzip: false,
  oneRun: false,
  connections: 2,
} as const

type Body = Pick<WritePath, 'framesPerBody'>

const layouts = (narrow: Body, wide: Body): WritePath[] => [
  { ...base, ...wide, name: '/write, a column a metric', format: 'questWide' },
  { ...base, ...wide, name: '/write, a column a metric, in order of arrival', format: 'questWideArrival' },
  { ...base, ...narrow, name: '/write, a row a point', format: 'questNarrow' },
  { ...base, ...narrow, name: '/write, a row a point, in order of arrival', format: 'questNarrowArrival' },
]

export const paths: Readonly<Record<Shape, readonly WritePath[]>> = {
  dense: layouts({ framesPerBody: 75 }, { framesPerBody: 300 }),
  sparse: layouts({ framesPerBody: 750 }, { framesPerBody: 5_000 }),
}

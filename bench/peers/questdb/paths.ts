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

const [wide, wideArrival, narrow, narrowArrival] = [
  { ...base, name: '/write, a column a metric', format: 'questWide' },
  { ...base, name: '/write, a column a metric, in order of arrival', format: 'questWideArrival' },
  { ...base, name: '/write, a row a point', format: 'questNarrow' },
  { ...base, name: '/write, a row a point, in order of arrival', format: 'questNarrowArrival' },
] as const

export const paths: Readonly<Record<Shape, readonly WritePath[]>> = {
  dense: [
    { ...wide, framesPerBody: 300 },
    { ...wideArrival, framesPerBody: 300 },
    { ...narrowArrival, framesPerBody: 75 },
    { ...narrow, framesPerBody: 75 },
  ],
  sparse: [
    { ...wide, framesPerBody: 5_000 },
    { ...wideArrival, framesPerBody: 5_000 },
    { ...narrow, framesPerBody: 750 },
    { ...narrowArrival, framesPerBody: 750 },
  ],
}

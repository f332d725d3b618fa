import { curves, list, posted, series } from './posted.fixture.ts'

/** How curves are drawn: expressions, smoothing, axes and pages. */
export const drawings = posted([
  ['an expression of 1001 characters', 'BAD_EXPRESSION', series, curves({ expressions: [`m${' '.repeat(1000)}`] })],
  [
    'an expression nested 40 deep',
    'BAD_EXPRESSION',
    series,
    curves({ expressions: [`${'('.repeat(40)}m${')'.repeat(40)}`] }),
  ],
  ['an expression of 400 signs', 'BAD_EXPRESSION', series, curves({ expressions: [`${'-'.repeat(400)}m`] })],
  ['a tower of powers', 'BAD_EXPRESSION', series, curves({ expressions: [list(100, () => 'm').join('^')] })],
  ['a sum of 300 terms', 'BAD_EXPRESSION', series, curves({ expressions: [list(300, () => 'm').join('+')] })],
  ['an expression of nine metrics', 'BAD_EXPRESSION', series, curves({ expressions: [list(9).join('+')] })],
  ['an expression that would be SQL', 'BAD_EXPRESSION', series, curves({ expressions: ['m; DROP TABLE runs'] })],
  ['an expression that would be a program', 'BAD_EXPRESSION', series, curves({ expressions: ['constructor(m)'] })],
  ['500 expressions beside a metric', 'TOO_MANY_SERIES', series, curves({ expressions: list(500, () => 'm * 2') })],
  [
    'expressions over 600 metrics',
    'BAD_INPUT',
    series,
    curves({ metrics: [], expressions: list(100, (i) => list(6, (k) => `n${6 * i + k}`).join('+')) }),
  ],
  ['a page of 50,001 points', 'BAD_INPUT', series, curves({ reduction: 'RAW', first: 50_001 })],
  ['a page of no points', 'BAD_INPUT', series, curves({ reduction: 'RAW', first: 0 })],
  [
    'pages of 50,000 points of 100 runs',
    'TOO_COSTLY',
    series,
    curves({ reduction: 'RAW', first: 50_000, runs: list(100) }),
  ],
  [
    'pages of 50,000 points of a page of runs',
    'TOO_COSTLY',
    '{ runs(project: "p", first: 500) { nodes { series(metrics: ["m"], reduction: RAW, first: 50000) { steps } } } }',
  ],
  ['a made-up place of a page', 'BAD_CURSOR', series, curves({ reduction: 'RAW', after: 'WzFd' })],
  [
    'a place of a page whose JSON nests without end',
    'BAD_CURSOR',
    series,
    curves({ reduction: 'RAW', after: Buffer.from('['.repeat(50_000)).toString('base64url') }),
  ],
  ['a window of a million and one points', 'BAD_INPUT', series, curves({ smoothing: { points: 1_000_001 } })],
  ['a half-life of nothing', 'BAD_INPUT', series, curves({ smoothing: { halfLife: 0 } })],
  ['two ways to smooth', 'BAD_INPUT', series, curves({ smoothing: { halfLife: 1, points: 2 } })],
  ['x of a metric and none named', 'BAD_INPUT', series, curves({ x: 'METRIC' })],
  ['a range of x that is no number', 'BAD_INPUT', series, curves({ x: 'METRIC', xMetric: 'e', fromX: 'NaN' })],
  [
    'a range of x beyond float64',
    'BAD_INPUT',
    '{ series(input: {project: "p", runs: ["r"], metrics: ["m"], x: METRIC, xMetric: "e", fromX: 1e999}) { steps } }',
  ],
])

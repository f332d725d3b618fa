import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uniforms } from '../random.ts'
import { type Curve, type CurveKind, firstLogged, lateLogged } from './curve.ts'
import { summaryOf } from './curve-summaries.ts'
import { expectedCurve, type Window } from './expected-curve.ts'

const curveOf = (kind: CurveKind, steps: number): Curve => ({ run: kind, seed: 12_345, steps, kind })

type Point = { readonly step: number; readonly value: number }

/** In the order of logging, as a list that may be sorted, filtered and searched as often as one likes. */
function loggedPoints(curve: Curve): Point[] {
  const both = [firstLogged(curve, 0, curve.steps), lateLogged(curve)]
  return both.flatMap(({ steps, values }) => [...steps].map((step, i) => ({ step, value: values[i]! })))
}

/** The same answer in the plainest way: of each step the point logged last, of each bucket the points that draw it. */
function plainCurve(curve: Curve, { fromStep, toStep, buckets }: Window, width: number): Point[] {
  const inRange = loggedPoints(curve).filter(({ step }) => step >= fromStep && step <= toStep)
  const standing = [...new Map(inRange.map((point) => [point.step, point])).values()].sort((a, b) => a.step - b.step)
  if (inRange.length <= buckets) return standing
  return groupsOf(standing, width).flatMap((points) => {
    const finite = points.filter(({ value }) => Number.isFinite(value))
    const byValue = [...finite].sort((a, b) => a.value - b.value || a.step - b.step)
    const first = (value: number) => points.find((point) => Object.is(point.value, value))
    const chosen = [
      ...[finite[0], finite.at(-1), byValue[0], finite.find(({ value }) => value === byValue.at(-1)?.value)],
      ...[first(Number.NaN), first(Number.POSITIVE_INFINITY), first(Number.NEGATIVE_INFINITY)],
    ]
    return [...new Set(chosen.filter((point) => point !== undefined))].sort((a, b) => a.step - b.step)
  })
}

function groupsOf(points: readonly Point[], width: number): Point[][] {
  const groups = new Map<number, Point[]>()
  for (const point of points) {
    const key = Math.floor(point.step / width)
    groups.set(key, [...(groups.get(key) ?? []), point])
  }
  return [...groups.values()]
}

test('the expected curve is what a plain sort and search over all logged points gives, in any window', () => {
  const uniform = uniforms(7)
  for (const [kind, steps] of [
    ['rewound', 60_000],
    ['ordered', 60_000],
    ['smooth', 3_000],
  ] as const) {
    const curve = curveOf(kind, steps)
    for (let i = 0; i < 12; i++) {
      const fromStep = i === 0 ? 0 : Math.floor(uniform() * steps * 0.9)
      const toStep = i === 0 ? steps - 1 : fromStep + Math.floor((steps - fromStep) * uniform() ** 3)
      const window = { fromStep, toStep, buckets: i % 2 === 0 ? 100 : 1_000 }
      const { steps: found, values, receipt } = expectedCurve(curve, window)
      const expected = plainCurve(curve, window, receipt.bucketWidth as number)
      assert.deepEqual(
        [...found],
        expected.map(({ step }) => step),
        `${kind} ${fromStep} to ${toStep}`,
      )
      assert.ok(expected.every(({ value }, at) => Object.is(values[at], value)))
      assert.equal(receipt.pointsReturned, expected.length)
    }
  }
})

test('a rewound curve has late and repeated points and values that are not finite, an ordered one only the latter', () => {
  const rewound = summaryOf(curveOf('rewound', 1_000_000))
  assert.equal(rewound.count, 1_000_000 + 3_000)
  assert.ok(rewound.disorder > 3_000 && rewound.nan > 0 && rewound.positiveInfinity + rewound.negativeInfinity > 0)
  const ordered = summaryOf(curveOf('ordered', 1_000_000))
  assert.equal(ordered.count, 1_000_000)
  assert.ok(ordered.disorder === 0 && ordered.nan > 0)
  assert.equal(summaryOf(curveOf('smooth', 100_000)).firstNonFiniteStep, null)
})

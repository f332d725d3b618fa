export type LoggedPoint = { readonly step: number; readonly value: number }
export type Repeated = 'LAST' | 'FIRST' | 'ALL'

/** What a question of 40 buckets answers, worked out point by point. */
export function bruteForce(
  logged: readonly LoggedPoint[],
  window: { fromStep?: number; toStep?: number },
  repeated: Repeated,
  width: number,
) {
  const { fromStep = Number.NEGATIVE_INFINITY, toStep = Number.POSITIVE_INFINITY } = window
  const inside = logged.filter(({ step }) => step >= fromStep && step <= toStep)
  const byStep = new Map<number, LoggedPoint[]>()
  for (const point of inside) byStep.set(point.step, [...(byStep.get(point.step) ?? []), point])
  const standing = [...byStep.keys()]
    .sort((a, b) => a - b)
    .flatMap((step) => {
      const points = byStep.get(step)!
      return repeated === 'ALL' ? points : [repeated === 'LAST' ? points.at(-1)! : points[0]!]
    })
  const receipt = { pointsTotal: inside.length, superseded: inside.length - standing.length }
  const shown = inside.length <= 40 ? standing : drawn(standing, width)
  return { steps: shown.map(({ step }) => step), values: shown.map(({ value }) => value), receipt }
}

/** Of each bucket the first, lowest, highest and last point, each once; of equal ones the earliest. */
function drawn(points: readonly LoggedPoint[], width: number): LoggedPoint[] {
  const buckets = new Map<number, LoggedPoint[]>()
  for (const point of points) {
    const start = Math.floor(point.step / width)
    buckets.set(start, [...(buckets.get(start) ?? []), point])
  }
  return [...buckets.values()].flatMap((bucket) => {
    const lowest = bucket.reduce((least, point) => (point.value < least.value ? point : least))
    const highest = bucket.reduce((most, point) => (point.value > most.value ? point : most))
    const wanted = [bucket[0]!, lowest, highest, bucket.at(-1)!]
    const once = wanted.filter(
      (point, i) => wanted.findIndex(({ step, value }) => step === point.step && value === point.value) === i,
    )
    return once.sort((a, b) => a.step - b.step)
  })
}

/** VictoriaMetrics asked for what draws a curve: the first, lowest, highest and last value of each of 1000 stretches of time. */
import { victoriametrics } from '../../peers/victoriametrics/victoriametrics.ts'
import { createPoster } from '../../post.ts'
import { shortNumber } from '../../report/svg.ts'
import { type Curve, epochMs, firstLogged, timeOf } from '../curve.ts'
import type { LoadedPeer, PeerQuestion } from './peer.ts'

const buckets = 1_000
const pointsPerLine = 10_000

export async function loadVictoriaMetrics(
  folder: string,
  directory: string,
  curves: readonly Curve[],
): Promise<LoadedPeer> {
  const running = await victoriametrics.start(folder, directory, victoriametrics.paths.dense[0]!)
  const poster = createPoster(running.url, undefined)
  const began = performance.now()
  for (const curve of curves) {
    for (let from = 0; from < curve.steps; from += pointsPerLine) {
      const { steps, values } = firstLogged(curve, from, Math.min(curve.steps, from + pointsPerLine))
      const finite = [...values.keys()].filter((i) => Number.isFinite(values[i]))
      const line = {
        metric: { __name__: 'loss', run: curve.run },
        values: finite.map((i) => values[i]),
        timestamps: finite.map((i) => timeOf(steps[i]!)),
      }
      await poster.ask(`${JSON.stringify(line)}\n`, '/api/v1/import')
    }
  }
  await poster.get('/internal/force_flush')
  await poster.get('/internal/force_merge')
  const seconds = ((performance.now() - began) / 1_000).toFixed(0)
  return {
    questions: curves.map((curve) => questionOf(poster, curve)),
    loaded: `by /api/v1/import, in ${seconds} s`,
    cpuSeconds: running.cpuSeconds,
    async stop() {
      poster.close()
      await running.stop()
    },
  }
}

type RangeAnswer = { data: { result: { metric: { __name__?: string; what?: string }; values: [number, string][] }[] } }

function questionOf(poster: ReturnType<typeof createPoster>, curve: Curve): PeerQuestion {
  const seconds = (timeOf(curve.steps) - epochMs) / 1_000
  const step = seconds / buckets
  const of = (what: string) => `alias(${what}_over_time(loss{run="${curve.run}"}[${step}s]), "${what}")`
  const query = `union(${['first', 'min', 'max', 'last'].map(of).join(', ')})`
  // A value at the begin of a stretch belongs to it, while theirs ends there: half a step of time earlier none does both.
  const begin = epochMs / 1_000 - 0.05
  const parameters = new URLSearchParams({
    ...{ query, step: `${step}s`, nocache: '1' },
    start: String(begin + step),
    end: String(begin + seconds),
  })
  const path = `/api/v1/query_range?${parameters}`
  return {
    question: `query_range of first, min, max and last of ${buckets} stretches of a series of ${shortNumber(curve.steps)} points`,
    ours: `curve-1e${Math.log10(curve.steps)}-ordered-packed`,
    note: 'without its cache of answers; it has no NaN, and no steps',
    call: () => poster.get(path),
    async verify() {
      const { body } = await poster.get(path)
      const { result } = (JSON.parse(body.toString('utf8')) as RangeAnswer).data
      const { values } = firstLogged(curve, 0, curve.steps)
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
      for (const value of values) {
        if (!Number.isFinite(value)) continue
        low = Math.min(low, value)
        high = Math.max(high, value)
      }
      const found = (name: string) => {
        return result.find(({ metric }) => metric.__name__ === name)?.values.map(([, value]) => Number(value)) ?? []
      }
      const isNear = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.abs(b)
      const whole = found('min').length >= buckets * 0.99
      if (!whole || !isNear(Math.min(...found('min')), low) || !isNear(Math.max(...found('max')), high)) {
        throw new Error(`VictoriaMetrics answered with ${body.toString('utf8', 0, 500)}`)
      }
    },
  }
}

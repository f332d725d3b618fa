import { pick, type Random, whole } from '../../test/random.ts'
import type { Logged } from './pipeline.fixture.ts'

const below = (random: Random, end: number) => whole(random, 0, end - 1)

/** Where steps lie: dense, sparse, negative, the largest ones. */
const stepKinds: readonly ((random: Random, i: number) => number)[] = [
  (_, i) => i,
  (_, i) => i * 3 - 500,
  (random) => below(random, 300) - 150,
  (random) => Math.round((random() * 2 - 1) * Number.MAX_SAFE_INTEGER),
  (random, i) => 1_700_000_000_000 + i * 1000 + below(random, 3),
]

const timeKinds: readonly ((random: Random, i: number) => number)[] = [
  (random, i) => 1_700_000_000_000 + i * 250 + below(random, 40),
  (random, i) => 1_700_000_000_000 - i * 10 + below(random, 500),
  () => 1_234_567,
  (random) => below(random, 1_000_000_000) - 500_000_000,
]

const odd = [NaN, Infinity, -Infinity, -0, 0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1, 1 + 2 ** -52]
const valueKinds: readonly ((random: Random, i: number) => number)[] = [
  (random, i) => Math.exp(-i / 300) + random() * 0.01,
  (random) => below(random, 4) - 2,
  (random) => (random() < 0.1 ? pick(random, odd) : random() - 0.5),
  (random) => pick(random, odd),
  (random, i) => (i > 200 ? NaN : random()),
  (random) => (random() * 2 - 1) * 10 ** below(random, 30),
  (_, i) => i * 0.1,
  () => 0.7,
]

export const metrics = ['train/loss', 'a', 'strange `name`', 'epoch'] as const
export type Metric = (typeof metrics)[number]
export type History = Readonly<Record<Metric, readonly Logged[]>>

/** What one run logged: metrics that share most of their steps, some steps again, in pieces that came out of order. */
export function history(random: Random): History {
  const [stepAt, timeAt] = [pick(random, stepKinds), pick(random, timeKinds)]
  const length = pick(random, [0, 1, 5, 60, 300, 900])
  const steps = Array.from({ length }, (_, i) => stepAt(random, i))
  let logs = 0
  const log = (step: number, time: number, value: number): Logged => ({ step, time, value, ord: 65_536 * ++logs })
  const entries = metrics.map((metric) => {
    const valueAt = pick(random, valueKinds)
    const share = pick(random, [1, 1, 0.9, 0.3, 0])
    const points: Logged[] = []
    for (const [i, step] of steps.entries()) {
      if (random() < share) points.push(log(step, timeAt(random, i), valueAt(random, i)))
    }
    for (let again = below(random, 3); again > 0 && length > 0; again--) {
      const from = below(random, length)
      for (let i = from; i < Math.min(length, from + below(random, 80)); i++) {
        if (random() < share) points.push(log(steps[i]!, timeAt(random, i), valueAt(random, i)))
      }
    }
    return [metric, points] as const
  })
  return Object.fromEntries(entries) as Record<Metric, Logged[]>
}

/** A formula as text and as what it computes, made together. */
export type Formula = {
  readonly text: string
  readonly metrics: readonly Metric[]
  readonly compute: (values: readonly number[]) => number
}

type Node = { readonly text: string; readonly of: (value: (metric: Metric) => number) => number }

const power = (a: number, b: number) => (a === 1 || (Math.abs(a) === 1 && Math.abs(b) === Infinity) ? 1 : a ** b)

export function formula(random: Random): Formula {
  const used: Metric[] = []
  function node(depth: number): Node {
    if (depth === 0 || random() < 0.2) {
      if (random() < 0.25) {
        const [text, value] = pick(random, [
          ['2', 2],
          ['0.5', 0.5],
          ['1e-3', 0.001],
          ['.25', 0.25],
          ['0', 0],
        ] as const)
        return { text, of: () => value }
      }
      const metric = pick(random, metrics)
      if (!used.includes(metric)) used.push(metric)
      const bare = /^[\w/]+$/.test(metric) && random() < 0.7
      return { text: bare ? metric : `\`${metric.replaceAll('`', '``')}\``, of: (value) => value(metric) }
    }
    const a = node(depth - 1)
    const unary = {
      log: Math.log,
      log2: Math.log2,
      log10: Math.log10,
      exp: Math.exp,
      sqrt: Math.sqrt,
      abs: Math.abs,
    }
    if (random() < 0.3) {
      const name = pick(random, Object.keys(unary) as (keyof typeof unary)[])
      return { text: `${name}( ${a.text})`, of: (value) => unary[name](a.of(value)) }
    }
    if (random() < 0.15) return { text: `(-(${a.text}))`, of: (value) => -a.of(value) }
    const b = node(depth - 1)
    const binary: Record<string, (x: number, y: number) => number> = {
      '+': (x, y) => x + y,
      '-': (x, y) => x - y,
      '*': (x, y) => x * y,
      '/': (x, y) => x / y,
      '^': power,
      min: Math.min,
      max: Math.max,
      pow: power,
    }
    const name = pick(random, Object.keys(binary))
    const text = name.length === 1 ? `(${a.text} ${name} ${b.text})` : `${name}(${a.text},${b.text})`
    return { text, of: (value) => binary[name]!(a.of(value), b.of(value)) }
  }
  let root = node(3)
  // A formula names a metric.
  while (used.length === 0) root = node(3)
  const named = used.filter((metric) => root.text.includes(metric.replaceAll('`', '``')))
  if (named.length === 0) return formula(random)
  return { text: root.text, metrics: named, compute: (values) => root.of((metric) => values[named.indexOf(metric)]!) }
}

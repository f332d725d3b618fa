import { createRandom } from '../test/random.ts'
import { decodeValues, valueMemory } from './value-codes.ts'
import { createScales, encodeSeries } from './value-encoding.ts'

/**
 * What do codes cost the sink and the questions? ns a value, in memory, the best of some rounds; beside them a copy of the values by halves, and the
 * plain way to a code: every scale from the smallest on, and division of integers. Sparse: one value of each of 100 series after the other, as a
 * block has them; dense: 1,000 values of each series.
 *
 *     node dist/schema/value-codes.bench.js [rounds]
 */
const rounds = Number(process.argv[2] ?? 15)
const count = 1_000_000
const metrics = 100
const random = createRandom(1)

const noise = () => random() * 3
const kinds: Readonly<Record<string, (metric: number) => number>> = {
  'noise, float64': noise,
  'noise, float32': () => Math.fround(noise()),
  '4 digits': () => Math.round(random() * 1e4) / 1e4,
  'whole numbers': () => Math.floor(random() * 1e5),
  'timestamps, s with 3 digits': () => 1_700_000_000 + Math.round(random() * 1e8) / 1e3,
  'large noise': () => random() * 1e12,
  'a fifth of the metrics 4 digits, the others noise': (metric) =>
    metric % 5 === 0 ? Math.round(random() * 1e4) / 1e4 : noise(),
}

function plainly(values: Float64Array, halves: Int32Array): void {
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!
    for (let scale = 0; scale <= 6; scale++) {
      const digits = Math.round(value * 10 ** scale)
      if (digits / 10 ** scale !== value || Math.abs(digits) >= 2 ** 45 || Object.is(value, -0)) continue
      const stored = digits + 2 ** 45
      halves[2 * row] = stored | 0
      halves[2 * row + 1] = 0xfff40000 | (scale << 14) | Math.floor(stored / 2 ** 32)
      break
    }
  }
}

function copied(to: Int32Array, from: Int32Array): void {
  for (let i = 0; i < from.length; i += 2) {
    to[i] = from[i]!
    to[i + 1] = from[i + 1]!
  }
}

const names = ['copy', 'plain', 'sparse', 'dense', 'decoded'] as const
const best = new Map(Object.keys(kinds).map((kind) => [kind, names.map(() => Number.POSITIVE_INFINITY)]))
const given = new Map(
  Object.entries(kinds).map(([kind, make]) => [
    kind,
    Float64Array.from({ length: count }, (_, i) => make(i % metrics)),
  ]),
)
const [scales, one] = [createScales(metrics), createScales(count / 1_000)]

for (let round = 0; round < rounds; round++) {
  for (const [kind, values] of given) {
    const memory = valueMemory(values.slice())
    const again = () => memory.wide.set(values)
    const works = [
      () => copied(memory.halves, new Int32Array(values.buffer)),
      () => plainly(memory.wide, memory.halves),
      () => {
        for (let row = 0; row < count; row += metrics) encodeSeries(memory, row, 1, scales, 0, metrics)
      },
      () => encodeSeries(memory, 0, 1_000, one, 0, count / 1_000),
      () => decodeValues(memory, 0, count),
    ]
    works.forEach((work, i) => {
      if (i < 4) again()
      const started = performance.now()
      work()
      const list = best.get(kind)!
      list[i] = Math.min(list[i]!, performance.now() - started)
    })
    if (Buffer.compare(Buffer.from(values.buffer), Buffer.from(memory.wide.buffer)) !== 0)
      throw new Error(`${kind}: other values came back`)
  }
}
console.log(`| values, ns each | ${names.join(' | ')} |\n| --- |${' --- |'.repeat(names.length)}`)
for (const [kind, list] of best)
  console.log(`| ${kind} | ${list.map((ms) => ((ms * 1e6) / count).toFixed(1)).join(' | ')} |`)

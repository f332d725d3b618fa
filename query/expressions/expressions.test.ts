import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { GraphQLError } from 'graphql'
import { createRandom, pick, whole } from '../../test/random.ts'
import { openTestStore, type TestStore } from '../fixture.ts'
import { formula } from '../pipeline/histories.fuzz.ts'
import { numbers } from '../sql/read.ts'
import { createBinder } from '../sql/text.ts'
import { evaluate } from './evaluate.ts'
import { metricsOf } from './expression.ts'
import { parseExpression } from './parse.ts'
import { expressionSql } from './sql.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

const valuesOf: Readonly<Record<string, number>> = {
  a: 3,
  b: 2,
  'a/b': 100,
  'train/loss': 7,
  log: 5,
  'x y': 11,
  'b`b': 13,
}
const compute = (text: string) =>
  evaluate(parseExpression(text), (metric) => Float64Array.of(valuesOf[metric] ?? Number.NaN), 1)[0]

test('expressions mean what a mathematician reads', () => {
  const rows: readonly (readonly [string, number])[] = [
    ['a - b - 1', 0],
    ['a - (b - 1)', 2],
    ['a + b * 2', 7],
    ['12 / a / b', 2],
    ['-a^2', -9],
    ['(-a)^2', 9],
    ['2^-b', 0.25],
    ['b^a^b', 512],
    ['a/b', 100],
    ['a / b', 1.5],
    ['a /b', 1.5],
    ['`a`/b', 1.5],
    ['a/ b', 1.5],
    ['(a)/b', 1.5],
    ['train/loss * 1e1', 70],
    ['`x y` + `b``b`', 24],
    ['log + 1', 6],
    ['exp(log(a))', Math.exp(Math.log(3))],
    ['min(a, max(b, -1))', 2],
    ['pow(b, .5) - sqrt(b)', 2 ** 0.5 - Math.sqrt(2)],
    ['- - a', 3],
    ['log2(8 * a / a) + log10(100) + abs(-a)', 8],
    ['pow(1, a / 0 - a / 0)', 1],
    ['a / 0', Infinity],
    ['min(a, log(-1))', Number.NaN],
  ]
  for (const [text, value] of rows)
    assert.ok(Object.is(compute(text), value), `${text}: ${compute(text)}, not ${value}`)
})

test('what is no expression is refused with the place', () => {
  const rows: readonly (readonly [string, RegExp])[] = [
    ['', /it ends where a number, a metric, a function or "\(" is expected, at character 1$/],
    ['a +', /it ends where .* at character 4$/],
    ['a b', /"b" stands where an operator or the end is expected, at character 3$/],
    ['(a', /it ends where "\)" is expected, at character 3$/],
    ['a)', /"\)" stands where .* at character 2$/],
    ['1 + 2', /names no metric$/],
    ['2a', /a number ends in "a", at character 2$/],
    ['a $ b', /"\$" has no meaning, at character 3$/],
    ['`a', /a name in backquotes does not end, at character 1$/],
    ['`` + a', /a metric's name has 1 to 512 bytes, not 0, at character 1$/],
    ['sin(a)', /there is no function "sin"; .*, at character 1$/],
    ['max(a)', /max takes 2 arguments, not 1, at character 1$/],
    ['log(a, b)', /log takes 1 argument, not 2, at character 1$/],
    ['1e999 * a', /too large for a float64, at character 1$/],
    [`${'('.repeat(40)}a${')'.repeat(40)}`, /nests more than 32 deep, at character 34$/],
    [`${'-'.repeat(40)}a`, /nests more than 32 deep/],
    [Array(60).fill('a').join('+'), /more than 32 terms or factors stand in a row/],
    [`a${' '.repeat(1000)}`, /1001 characters; at most 1000/],
    ['a+b+c+d+e+f+g+h+i', /names 9 metrics; at most 8/],
    ['+a', /"\+" stands where/],
  ]
  for (const [text, message] of rows) {
    assert.throws(
      () => parseExpression(text),
      (error) => {
        assert.ok(error instanceof GraphQLError && error.extensions.code === 'BAD_EXPRESSION', text)
        assert.match(error.message, message)
        return true
      },
      text,
    )
  }
})

test('no text brings the parser down: it answers or refuses', () => {
  const random = createRandom(3)
  const pieces = [
    'a',
    'b/c',
    '`',
    '``',
    '(',
    ')',
    ',',
    '+',
    '-',
    '*',
    '/',
    '^',
    '1',
    '.',
    'e',
    'log',
    'min',
    ' ',
    '\n',
    '\0',
    'é',
    '😀',
    '"',
  ]
  let accepted = 0
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: whole(random, 0, 12) }, () => pick(random, pieces)).join('')
    try {
      parseExpression(text)
      accepted++
    } catch (error) {
      assert.ok(error instanceof GraphQLError && error.extensions.code === 'BAD_EXPRESSION', JSON.stringify(text))
    }
  }
  assert.ok(accepted > 100)
})

/** Numbers of float64 from one to the other; NaNs are alike. */
function distance(a: number, b: number): number {
  if (Object.is(a, b)) return 0
  if (!Number.isFinite(a) || !Number.isFinite(b)) return Number.POSITIVE_INFINITY
  const place = (value: number) => {
    const bits = new BigInt64Array(Float64Array.of(value).buffer)[0]!
    return bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits
  }
  const between = place(a) - place(b)
  return Number(between < 0n ? -between : between) || 1
}

const odd = [
  NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  1,
  -1,
  0.5,
  2,
  3,
  -8,
  1e-310,
  5e-324,
  -5e-324,
  Number.MAX_VALUE,
  2 ** 53 + 2,
  709.9,
]

/** Both ways over rows of numbers, in one statement. */
async function bothWays(text: string, rows: readonly (readonly number[])[]) {
  const expression = parseExpression(text)
  const metrics = metricsOf(expression)
  const { bind, parameters } = createBinder()
  const figure = (metric: string) => ({ value: `t.${metrics.indexOf(metric) + 1}`, has: '(1 = 1)' })
  const { value, has } = expressionSql(expression, figure, bind)
  const bits = rows.map((row) => `(${row.map((v) => new BigUint64Array(Float64Array.of(v).buffer)[0]).join(',')})`)
  const columns = metrics.map((_, i) => `reinterpretAsFloat64(u.${i + 1})`).join(',')
  const type = `Array(Tuple(${metrics.map(() => 'UInt64').join(',')}))`
  const tuples = metrics.length === 1 ? bits.map((row) => `tuple${row}`) : bits
  const source = `SELECT tuple(${columns}) AS t FROM (SELECT arrayJoin(CAST([${tuples.join(',')}], '${type}')) AS u)`
  const answer = await store.reader.columns(`SELECT ${value} AS v FROM (${source}) WHERE ${has}`, parameters)
  const column = (metric: string) => Float64Array.from(rows, (row) => row[metrics.indexOf(metric)]!)
  return { sql: numbers(answer, 'v'), here: evaluate(expression, column, rows.length) }
}

test('SQL and this thread agree: to the bit in arithmetic, min, max, abs and sqrt, within 1 place of float64 in single functions', async (t) => {
  const pairs = odd.flatMap((a) => odd.map((b) => [a, b] as const))
  const random = createRandom(5)
  for (let i = 0; i < 300; i++)
    pairs.push([random() * 10 ** whole(random, -5, 5), (random() - 0.5) * 10 ** whole(random, -5, 2)])
  const check = async (text: string, rows: readonly (readonly number[])[], most: number) => {
    const { sql, here } = await bothWays(text, rows)
    let furthest = 0
    for (const [i, row] of rows.entries()) {
      const apart = distance(sql[i]!, here[i]!)
      furthest = Math.max(furthest, apart)
      assert.ok(apart <= most, `${text} of ${row}: ${sql[i]} in SQL, ${here[i]} here, ${apart} apart`)
    }
    if (most > 0) t.diagnostic(`${text}: at most ${furthest} apart`)
  }
  for (const operator of ['+', '-', '*', '/']) await check(`a ${operator} b`, pairs, 0)
  for (const exact of ['min(a, b)', 'max(a, b)', 'min(max(a, b), min(a, 1) + max(b, 0))']) await check(exact, pairs, 0)
  const singles = pairs.map(([a]) => [a])
  for (const exact of ['-a', 'abs(a)', 'sqrt(a)']) await check(exact, singles, 0)
  for (const name of ['log', 'log2', 'log10', 'exp']) await check(`${name}(a)`, singles, 1)
  // The engine's power of 8 and 2^53 + 2 is 8.7e307 instead of Infinity: finite exponents beyond 2^53 are left out.
  await check(
    'a ^ b',
    pairs.filter(([, b]) => !Number.isFinite(b) || Math.abs(b) <= 2 ** 53),
    1,
  )
})

test('whole formulas agree in SQL and here, as far as their functions do', async () => {
  const random = createRandom(11)
  const exactOnly = /log|exp|pow|\^/
  let compared = 0
  for (let i = 0; i < 60; i++) {
    const { text, metrics } = formula(random)
    if (exactOnly.test(text)) continue
    const rows = Array.from({ length: 40 }, () =>
      metrics.map(() => (random() < 0.3 ? pick(random, odd) : random() * 20 - 10)),
    )
    const order = metricsOf(parseExpression(text))
    const { sql, here } = await bothWays(
      text,
      rows.map((row) => order.map((metric) => row[metrics.indexOf(metric as never)]!)),
    )
    for (let k = 0; k < rows.length; k++) assert.equal(distance(sql[k]!, here[k]!), 0, `${text} of ${rows[k]}`)
    compared++
  }
  assert.ok(compared > 10)
})

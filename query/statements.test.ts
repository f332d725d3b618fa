/** What questions become: text of a user is never text of a statement, and how many statements there are does not depend on how many runs. */
import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import {
  type GraphQLInputType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql'
import type { StoreReader } from '../schema/store.ts'
import { createAsker, insertPoints, insertRuns, insertSummary, openTestStore, type TestStore } from './fixture.ts'
import { formatNodeId } from './node-ids.ts'
import { querySchema } from './schema.ts'

let store: TestStore
before(async () => {
  store = await openTestStore()
})
after(() => store.close())

/** Counts and keeps what goes to the store. */
function createSpy(reader: StoreReader) {
  const texts: string[] = []
  const bound: string[] = []
  const keep = (sql: string, parameters?: object) => {
    texts.push(sql)
    bound.push(JSON.stringify(parameters ?? {}, (_, value) => (typeof value === 'bigint' ? String(value) : value)))
  }
  const spy: StoreReader = {
    ...reader,
    rows(sql, parameters, options) {
      keep(sql, parameters)
      return reader.rows(sql, parameters, options)
    },
    columns(sql, parameters, options) {
      keep(sql, parameters)
      return reader.columns(sql, parameters, options)
    },
  }
  return { texts, bound, spy }
}

/** In every text that a client can send. */
const mark = `canary'"\\\`) OR 1=1; DROP TABLE runs -- {p0:String}`
const schema = querySchema()

/** How curves are drawn, by variant: what one of them needs another may not have. */
const drawings = [
  { x: 'METRIC', reduction: 'M4', without: ['first'] },
  { x: 'RELATIVE_TIME', reduction: 'RAW', without: ['xMetric', 'fromX', 'toX'] },
  {
    x: 'STEP',
    reduction: 'M4',
    without: [
      'xMetric',
      'first',
      'expressions',
      'smoothing',
      'fromTime',
      'toTime',
      'fromRelative',
      'toRelative',
      'fromX',
      'toX',
    ],
  },
] as const
const drawingOf = (variant: number) => drawings[variant % drawings.length]!

/** Those of the fields, or arguments, of a curve that may stand together, but for its cursor; of anything else all. */
function fitting<T extends { readonly name: string }>(fields: readonly T[], variant: number): T[] {
  if (!fields.some(({ name }) => name === 'reduction')) return [...fields]
  const without: readonly string[] = [...drawingOf(variant).without, 'after']
  return fields.filter(({ name }) => !without.includes(name))
}

const expression = `\`${mark.replaceAll('`', '``')}\` - 1`

/** What may not be just any text or value. */
function drawn(name: string, variant: number): string | undefined {
  if (name === 'expressions') return JSON.stringify([expression])
  const { x, reduction } = drawingOf(variant)
  return { x, reduction }[name]
}

/** A literal of a type with the mark in every text; `variant` chooses where only one of several may be given. */
function literal(type: GraphQLInputType, depth: number, variant: number): string {
  if (isNonNullType(type)) return literal(type.ofType, depth, variant)
  if (isListType(type)) return `[${literal(type.ofType, depth, variant)}]`
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (isInputObjectType(type)) {
    // These two belong to one figure each.
    const all = Object.values(type.getFields()).filter(({ name }) => name !== 'points' && name !== 'bound')
    // A filter nests in itself once, by `and`, `or` or `not`, or it would have too many conditions.
    const selves = all.filter((field) => getNamedType(field.type) === type)
    const nested = depth === 0 ? selves[variant % selves.length] : undefined
    const fields = fitting(all, variant).filter((field) => field === nested || !selves.includes(field))
    const chosen = type.isOneOf ? [fields[variant % fields.length]!] : fields
    const literalOf = ({ name, type: own }: (typeof chosen)[number]) => {
      if (name === 'text' && type.name.startsWith('Expression')) return JSON.stringify(expression)
      return drawn(name, variant) ?? literal(own, depth + 1, variant)
    }
    return `{${chosen.map((field) => `${field.name}: ${literalOf(field)}`).join(', ')}}`
  }
  const plain: Record<string, string> = { Int: '3', Float: '0.5', Boolean: 'true', Step: '1', Time: '"2026-01-01"' }
  return plain[type.name] ?? JSON.stringify(mark)
}

function selection(type: GraphQLOutputType, depth: number, variant: number): string {
  const named = getNamedType(type)
  if (isInterfaceType(named)) return '{ __typename }'
  if (!isObjectType(named)) return ''
  const fields = Object.values(named.getFields()).filter(
    (field) => field.name !== 'frame' && (depth < 3 || !isObjectType(getNamedType(field.type))),
  )
  return `{ ${fields.map((field) => field.name + passed(field.args, variant) + selection(field.type, depth + 1, variant)).join(' ')} }`
}

/** Cursors and ids are refused before any statement unless they are right. */
const unforgeable = new Set(['after', 'before', 'last', 'at', 'ids', 'id'])
function passed(args: readonly { name: string; type: GraphQLInputType }[], variant: number): string {
  const given = fitting(args, variant).filter(({ name, type }) => !unforgeable.has(name) || isNonNullType(type))
  return given.length === 0
    ? ''
    : `(${given.map(({ name, type }) => `${name}: ${argument(name, type, variant)}`).join(', ')})`
}

function argument(name: string, type: GraphQLInputType, variant: number): string {
  const id = JSON.stringify(formatNodeId('Metric', mark, mark, mark))
  if (name === 'ids') return `[${id}]`
  return name === 'id' ? id : (drawn(name, variant) ?? literal(type, 0, variant))
}

/** What the mark may be refused with behind the first statement. */
const refusals = ['UNKNOWN_RUN']

test('text of a user becomes a parameter, whatever field it comes by, and never a part of a statement', async () => {
  // Of everything one row comes back, so that the fields below are asked for too.
  await insertRuns(store, mark, [{ run: mark, name: mark, params: { [mark]: mark }, tags: { [mark]: mark } }])
  await insertSummary(store, mark, mark, mark, { last: 1 })
  for (const field of Object.values(schema.getQueryType()!.getFields()).filter(({ name }) => name !== 'server')) {
    for (const variant of [0, 1, 2, 3, 4, 5]) {
      const { texts, bound, spy } = createSpy(store.reader)
      const document = `{ ${field.name}${passed(field.args, variant)} ${selection(field.type, 0, variant)} }`
      const { errors } = await createAsker(spy).ask(document)
      const told = errors.filter(({ extensions }) => !refusals.includes(extensions.code))
      assert.deepEqual(told, [], document.slice(0, 3000))
      assert.ok(texts.length > 0, `${field.name} did not come to the store: ${JSON.stringify(errors[0])}`)
      for (const sql of texts) assert.doesNotMatch(sql, /canary|DROP TABLE/, field.name)
      if (field.args.some(({ name }) => name === 'project' || name === 'input'))
        assert.ok(
          bound.some((parameters) => parameters.includes('canary')),
          field.name,
        )
    }
  }
  assert.deepEqual(await store.reader.rows('SELECT count() > 0 AS there FROM runs'), [{ there: 1 }])
})

const nested = `query ($n: Int) { runs(project: "many", first: $n) { totalCount nodes { id points metricCount metrics { id name last }
  named: metrics(names: ["a"]) { name } series(metrics: ["a", "b"], buckets: 4) { steps values buckets { counts } receipt { method } } } } }`

test('runs with all that is nested in them take as many statements for 2 as for 60', async () => {
  const names = Array.from({ length: 60 }, (_, i) => `r${String(i).padStart(2, '0')}`)
  await insertRuns(
    store,
    'many',
    names.map((run) => ({ run })),
  )
  for (const run of names.filter((_, i) => i % 10 === 0)) {
    await insertSummary(store, 'many', run, 'a', { last: 1 })
    await insertPoints(
      store,
      'many',
      run,
      'a',
      Array.from({ length: 20 }, (_, step) => ({ step, value: step, ord: step })),
    )
  }
  const counts: number[] = []
  for (const n of [2, 10, 60]) {
    const { texts, spy } = createSpy(store.reader)
    const { data, errors } = await createAsker(spy).ask(nested, { n })
    assert.deepEqual(errors, [])
    assert.equal(data.runs.nodes.length, n)
    counts.push(texts.length)
  }
  const [few] = counts
  // Long curves are asked for again, as buckets; whether there are any on the page does not hang on how many runs it has.
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 2, `${counts}`)
  assert.ok(few! <= 12, `${counts}`)
})

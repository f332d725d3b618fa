/** Whatever makes an answer large has a price, so that too large a question is refused before the store is asked. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { type GraphQLOutputType, getNamedType, isInterfaceType, isListType, isNonNullType, isObjectType } from 'graphql'
import { costs } from './cost.ts'
import { querySchema } from './schema.ts'

const columns = ['Steps', 'Counts', 'Values', 'Packed', 'Times']
const schema = querySchema()

function fieldsOfSchema() {
  return Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__') && (isObjectType(type) || isInterfaceType(type)))
    .flatMap((type) =>
      isObjectType(type) || isInterfaceType(type)
        ? Object.values(type.getFields()).map((field) => ({
            name: `${type.name}.${field.name}`,
            field,
            parent: type.name,
          }))
        : [],
    )
}

const isList = (type: GraphQLOutputType): boolean => isListType(isNonNullType(type) ? type.ofType : type)

/**
 * Lists and columns that cost nothing of their own, each with who pays for them: a field on every way to them whose price has their length in it.
 */
const paidBy: Readonly<Record<string, string>> = {
  'Facet.': 'the field of facets, by params and their values',
  'FacetNumbers.': 'the field of facets, by params and their values',
  'RunComparison.': 'the field that compares, by runs',
  'ComparedThing.': 'the field that compares, by runs',
  'Series.': 'Query.series and Run.series, by buckets',
  'Buckets.': 'Query.series and Run.series, by buckets',
  'Groups.': 'Query.groups, by groups',
  'Group.': 'Query.groups, by groups, buckets and quantiles',
  'Band.': 'Query.groups, by groups, buckets and quantiles',
  'SeriesEvent.': 'Subscription.series, by buckets',
  'SeriesPatch.': 'Subscription.series, by buckets',
  'RunsEvent.': 'Subscription.runs, by runs',
  'RunConnection.': 'Query.runs, by rows',
  'ProjectConnection.': 'Query.projects, by rows',
  'DeadLetterConnection.': 'Query.deadLetters, by rows',
}

test('every field that answers a list or a column has a price, or somebody who pays for it', () => {
  const large = fieldsOfSchema().filter(
    ({ field }) => isList(field.type) || columns.includes(getNamedType(field.type).name),
  )
  assert.ok(large.length > 20)
  const unpaid = large
    .map(({ name }) => name)
    .filter((name) => costs[name] === undefined && !Object.keys(paidBy).some((start) => name.startsWith(start)))
  assert.deepEqual(unpaid, [], 'put them into the table of query/cost.ts, or say here who pays')
})

test('every root field has a price or is known to be small', () => {
  const small = ['Query.run', 'Query.server']
  const roots = fieldsOfSchema().filter(({ parent }) => parent === 'Query' || parent === 'Subscription')
  assert.deepEqual(
    roots.map(({ name }) => name).filter((name) => costs[name] === undefined && !small.includes(name)),
    [],
  )
})

test('every price is for a field that there is', () => {
  const names = new Set(fieldsOfSchema().map(({ name }) => name))
  assert.deepEqual(
    Object.keys(costs).filter((name) => !names.has(name)),
    [],
  )
})

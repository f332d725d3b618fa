/** The rules of Relay's GraphQL server specification: object identification, connections. */
import { strict as assert } from 'node:assert'
import { after, before, test } from 'node:test'
import { assertInterfaceType, assertObjectType, type GraphQLField, isObjectType } from 'graphql'
import { limits } from '../schema/limits.ts'
import { type Asker, createAsker, insertRuns, insertSummary, openTestStore, type TestStore } from './fixture.ts'
import { formatNodeId, parseNodeId } from './node-ids.ts'
import { querySchema } from './schema.ts'

const schema = querySchema()
const objects = Object.values(schema.getTypeMap())
  .filter(isObjectType)
  .filter((type) => !type.name.startsWith('__'))
const typesOf = (field: GraphQLField<unknown, unknown>) =>
  Object.fromEntries(field.args.map((argument) => [argument.name, String(argument.type)]))

test('object identification: an interface Node with a non-null id, and the root fields node and nodes', () => {
  const node = assertInterfaceType(schema.getType('Node'))
  assert.deepEqual(Object.keys(node.getFields()), ['id'])
  assert.equal(String(node.getFields().id!.type), 'ID!')
  const { node: one, nodes: several } = schema.getQueryType()!.getFields()
  assert.equal(String(one!.type), 'Node')
  assert.equal(typesOf(one!).id, 'ID!')
  assert.equal(String(several!.type), '[Node]!')
  assert.equal(typesOf(several!).ids, '[ID!]!')
})

test('every type with an id is a Node', () => {
  const withId = objects.filter((type) => String(type.getFields().id?.type) === 'ID!').map((type) => type.name)
  const nodes = schema.getPossibleTypes(assertInterfaceType(schema.getType('Node'))).map((type) => type.name)
  assert.deepEqual(withId.sort(), nodes.map(String).sort())
})

test('connections: edges with cursor and node, PageInfo, first and after', () => {
  const pageInfo = assertObjectType(schema.getType('PageInfo')).getFields()
  const types = Object.fromEntries(Object.entries(pageInfo).map(([name, field]) => [name, String(field.type)]))
  assert.deepEqual(types, {
    hasNextPage: 'Boolean!',
    hasPreviousPage: 'Boolean!',
    startCursor: 'String',
    endCursor: 'String',
  })
  const connections = objects.filter((type) => type.name.endsWith('Connection'))
  assert.ok(connections.length >= 3)
  for (const connection of connections) {
    const { edges, pageInfo: place } = connection.getFields()
    assert.equal(String(place!.type), 'PageInfo!', connection.name)
    const [, edgeName] = /^\[(\w+)!?\]!?$/.exec(String(edges!.type))!
    assert.match(edgeName!, /Edge$/)
    const edge = assertObjectType(schema.getType(edgeName!)).getFields()
    assert.match(String(edge.cursor!.type), /^String!?$/)
    assert.doesNotMatch(String(edge.node!.type), /^\[/)
    for (const type of objects) {
      for (const field of Object.values(type.getFields())) {
        if (String(field.type).replace('!', '') !== connection.name) continue
        const { first, after, last, before } = typesOf(field)
        assert.deepEqual([first, after], ['Int', 'String'], `${type.name}.${field.name}`)
        // Backwards too or not at all.
        assert.ok((last === 'Int' && before === 'String') || (last === undefined && before === undefined), field.name)
      }
    }
  }
})

const odd = ['p', 'ü/ß "q" \\ 💡', 'a.b-c_d', 'x'.repeat(128)]

test('an id holds the names, whatever they are made of, and has one spelling', () => {
  for (const project of odd) {
    for (const run of odd) {
      const id = formatNodeId('Run', project, run)
      assert.match(id, /^[\w-]+$/)
      assert.deepEqual(parseNodeId(id), { type: 'Run', names: [project, run] })
      for (const other of [`${id}=`, `${id} `, id.slice(0, -1), id.toLowerCase()])
        assert.equal(parseNodeId(other), undefined)
    }
  }
  const longest = formatNodeId('Metric', '\u0001'.repeat(128), '\u0001'.repeat(128), '\u0001'.repeat(512))
  assert.ok(parseNodeId(longest), `${longest.length}`)
  const code = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const wrong = [
    [],
    ['Run'],
    ['Run', 'p'],
    ['Run', 'p', 'r', 'x'],
    ['toString'],
    ['Run', 1, 2],
    'Run',
    null,
    { type: 'Run' },
  ]
  for (const value of wrong) assert.equal(parseNodeId(code(value)), undefined, JSON.stringify(value))
})

let store: TestStore
let ask: Asker['ask']
before(async () => {
  store = await openTestStore()
  ask = createAsker(store.reader).ask
  for (const project of ['p', 'q']) {
    await insertRuns(store, project, [{ run: 'a', name: `stale of ${project}`, version: 1 }])
    await insertRuns(store, project, [
      { run: 'a', name: `a of ${project}`, version: 2 },
      { run: 'b', name: `b of ${project}` },
    ])
    for (const run of ['a', 'b'])
      for (const metric of ['x', 'y']) await insertSummary(store, project, run, metric, { last: 1 })
  }
  await store.command(`INSERT INTO dead_letters (partition, offset, block, project, run, reason, detail, received, frame)
    VALUES (0, 17, 2, 'p', 'a', 'key_collision', 'd', toDateTime64('2026-01-01 00:00:00', 3, 'UTC'), 'bytes')`)
})
after(() => store.close())

const everything = `{ projects { nodes { id name } }
  p: runs(project: "p") { edges { node { id project run name metrics { id name } } } } q: run(project: "q", run: "a") { id project run name metrics { id name } }
  deadLetters { nodes { id detail } } }`
const refetch = `query ($id: ID!) { node(id: $id) { id __typename ... on Project { name } ... on Run { project run name metrics { id name } }
  ... on Metric { name } ... on DeadLetter { detail } } }`

type Thing = { id: string; metrics?: Thing[] }

test('the id of whatever was answered finds the same thing again, one by one and all at once', async () => {
  const { data, errors } = await ask(everything)
  assert.deepEqual(errors, [])
  const runs: Thing[] = [...data.p.edges.map((edge: { node: Thing }) => edge.node), data.q]
  const things = [
    ...data.projects.nodes,
    ...runs,
    ...runs.flatMap((run) => run.metrics!),
    ...data.deadLetters.nodes,
  ] as Thing[]
  assert.equal(things.length, 2 + 3 + 6 + 1)
  assert.equal(new Set(things.map((thing) => thing.id)).size, things.length)
  for (const thing of things) {
    const { data, errors } = await ask(refetch, { id: thing.id })
    assert.deepEqual(errors, [])
    const { __typename, ...found } = data.node
    assert.deepEqual(found, thing, __typename)
  }
  const ids = [...things.map((thing) => thing.id).reverse(), things[0]!.id]
  const all = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })
  assert.deepEqual(
    all.data.nodes.map((node: Thing) => node.id),
    ids,
  )
})

test('an id of nothing is null, whatever it looks like', async () => {
  const ids = [
    ...[formatNodeId('Run', 'p', 'nobody'), formatNodeId('Project', 'none'), formatNodeId('Metric', 'p', 'a', 'z')],
    ...['0-18-2', '1-2', '', 'x', '%', "'; DROP TABLE runs --", '💡', 'A'.repeat(100_000)],
  ]
  const { data, errors } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })
  assert.deepEqual(errors, [])
  assert.deepEqual(
    data.nodes,
    ids.map(() => null),
  )
})

test('things of many projects by id are one question to the store for each type, and for each project of metrics', async () => {
  let questions = 0
  const columns = (...args: Parameters<typeof store.reader.columns>) => {
    questions++
    return store.reader.columns(...args)
  }
  const counting = createAsker({ ...store.reader, columns })
  const ids = ['p', 'q'].flatMap((project) =>
    ['a', 'b'].flatMap((run) => [
      formatNodeId('Project', project),
      formatNodeId('Run', project, run),
      ...['x', 'y'].map((metric) => formatNodeId('Metric', project, run, metric)),
    ]),
  )
  const answer = await counting.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids })
  assert.deepEqual(
    answer.data.nodes.map((node: Thing) => node.id),
    ids,
  )
  assert.equal(questions, 1 + 1 + 2)
})

test('what is asked of a node costs what it would cost elsewhere', async () => {
  const document = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Run { series(metrics: ["a", "b"], buckets: 10) { steps } } ...more } }
    fragment more on Run { metrics(first: 7) { name } }`
  const ids = Array.from({ length: 20 }, (_, i) => formatNodeId('Run', 'p', String(i)))
  const { extensions } = await ask(document, { ids })
  assert.deepEqual(extensions?.cost, { points: 20 * (1 + 2 * 10 + 7), series: 40, pointsLimit: limits.pointsPerAnswer })
})

import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { buildSchema, isEnumType } from 'graphql'
import { deadReasons, parseLetterId, replaySeq, replayWriter } from '../schema/dead-letters.ts'
import { packageFile } from '../schema/files.ts'
import { limits } from '../schema/limits.ts'
import { chosenSeed, createRandom, whole } from '../test/random.ts'
import { createAsker, createTestWatermark, openTestStore, type TestStore } from './fixture.ts'

let store: TestStore
let ask: ReturnType<typeof createAsker>['ask']

const allBytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
/** In log order. */
const letters = [
  { id: '0-7-0', project: '', run: '', reason: 'unreadable_record', frame: allBytes, receivedMs: 0 },
  { id: '0-9-2', project: 'p', run: "r'\\", reason: 'too_many_metrics', frame: Uint8Array.of(0), receivedMs: 5_000 },
  { id: '0-9-11', project: 'p', run: "r'\\", reason: 'too_many_metrics', frame: Uint8Array.of(1), receivedMs: 6_000 },
  { id: '0-10-0', project: 'p', run: "r'\\", reason: 'sequence_horizon', frame: Uint8Array.of(2), receivedMs: 7_000 },
  { id: '0-12-0', project: 'q', run: "r'\\", reason: 'too_many_metrics', frame: Uint8Array.of(3), receivedMs: 8_000 },
  { id: '1-3-65534', project: 'p', run: 's', reason: 'key_collision', frame: Uint8Array.of(4), receivedMs: 9_000 },
  { id: '1-4503599627-0', project: 'p', run: 's', reason: 'too_many_entries', frame: allBytes, receivedMs: 10_000 },
]
const ids = letters.map(({ id }) => id)

const text = (value: string) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

async function insertLetters(): Promise<void> {
  const rows = letters.map(({ id, project, run, reason, frame, receivedMs }) => {
    const { partition, offset, block } = parseLetterId(id)!
    const bytes = `unhex('${Buffer.from(frame).toString('hex')}')`
    const received = `fromUnixTimestamp64Milli(toInt64(${receivedMs}), 'UTC')`
    return `(${partition},${offset},${block},${text(project)},${text(run)},'${reason}',${text(`detail of ${id}`)},${bytes},${received})`
  })
  await store.command(`INSERT INTO dead_letters VALUES ${rows.join(',')}`)
}

async function insertState(project: string, run: string, writers: readonly [string, number[]][]): Promise<void> {
  await store.command(
    `INSERT INTO run_state VALUES (${text(project)}, ${text(run)}, 1, 0, 0, 0, 0, now64(3), ${text(JSON.stringify(writers))}, 1)`,
  )
}

before(async () => {
  store = await openTestStore()
  ask = createAsker(store.reader).ask
  // As after a crash: the same letters once more.
  await insertLetters()
  await insertLetters()
  const seq = (id: string) => replaySeq(parseLetterId(id)!)
  await insertState('p', "r'\\", [
    ['host "1"', [0, 1, 2]],
    [replayWriter(0, 'too_many_metrics'), [seq('0-9-2') + 1, seq('0-9-2') + 1, seq('0-9-11')]],
    [replayWriter(0, 'sequence_horizon'), [0, seq('0-9-2'), seq('0-10-0') - 1]],
  ])
  await insertState('p', 's', [[replayWriter(1, 'too_many_entries'), [0, 5, 6, seq(ids[6]!), seq(ids[6]!)]]])
})
after(() => store.close())

const page = `query ($project: String, $run: String, $reason: DeadLetterReason, $ids: [ID!], $first: Int, $after: String) {
  deadLetters(project: $project, run: $run, reason: $reason, ids: $ids, first: $first, after: $after) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`

const choices: { by: string; variables: object; finds: readonly number[] }[] = [
  { by: 'nothing: all, once each, in log order', variables: {}, finds: [0, 1, 2, 3, 4, 5, 6] },
  { by: 'project', variables: { project: 'p' }, finds: [1, 2, 3, 5, 6] },
  { by: 'the empty project', variables: { project: '' }, finds: [0] },
  { by: 'project and run', variables: { project: 'p', run: "r'\\" }, finds: [1, 2, 3] },
  { by: 'reason', variables: { reason: 'TOO_MANY_METRICS' }, finds: [1, 2, 4] },
  { by: 'project and reason', variables: { project: 'q', reason: 'TOO_MANY_METRICS' }, finds: [4] },
  {
    by: 'ids, with some that are not there',
    variables: { ids: ['1-3-65534', '0-9-2', '0-9-0', '5-9-2'] },
    finds: [1, 5],
  },
  { by: 'no ids', variables: { ids: [] }, finds: [] },
  { by: 'an unknown project', variables: { project: 'z' }, finds: [] },
]
for (const { by, variables, finds } of choices) {
  test(`letters are found by ${by}`, async () => {
    const { data, errors } = await ask(page, variables)
    assert.deepEqual(errors, [])
    assert.deepEqual(
      data.deadLetters.edges.map((edge: { node: { id: string } }) => edge.node.id),
      finds.map((index) => ids[index]),
    )
  })
}

test('pages of every size join without a gap, across partitions', async () => {
  for (const first of [1, 2, 3, 7]) {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const { data }: { data: { deadLetters: Page } } = await ask(page, { first, after: cursor })
      assert.equal(data.deadLetters.pageInfo.hasPreviousPage, cursor !== null)
      seen.push(...data.deadLetters.edges.map(({ node }) => node.id))
      cursor = data.deadLetters.pageInfo.hasNextPage ? data.deadLetters.pageInfo.endCursor : null
    } while (cursor !== null)
    assert.deepEqual(seen, ids)
  }
})
type Page = {
  edges: { node: { id: string } }[]
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string }
}

test('a letter says everything of itself, its bytes as they are', async () => {
  const { data } = await ask(
    `{ deadLetters(first: 7) { nodes { id partition offset block project run reason detail received bytes frame } } }`,
  )
  const expected = letters.map(({ id, project, run, reason, frame, receivedMs }) => ({
    ...{ id, ...parseLetterId(id), project, run },
    ...{ reason: reason.toUpperCase(), detail: `detail of ${id}` },
    received: receivedMs === 0 ? null : new Date(receivedMs).toISOString(),
    bytes: frame.length,
    frame: Buffer.from(frame).toString('base64'),
  }))
  assert.deepEqual(data.deadLetters.nodes, expected)
})

test('whether a letter was replayed is what the sequences of its run say', async () => {
  const { data } = await ask(`{ deadLetters { nodes { replay } } }`)
  assert.deepEqual(
    data.deadLetters.nodes.map((node: { replay: string }) => node.replay),
    ['IMPOSSIBLE', 'FORGOTTEN', 'REPLAYED', 'OPEN', 'OPEN', 'IMPOSSIBLE', 'REPLAYED'],
  )
})

test('the state of replays waits for the summaries of a write, the letters for the write alone', async () => {
  const watermark = createTestWatermark()
  const asker = createAsker(store.reader, { watermark })
  await asker.ask(`{ deadLetters(at: "x", first: 3) { nodes { id frame } } }`)
  assert.deepEqual(watermark.asked, ['x'])
  await asker.ask(`{ deadLetters(at: "y", ids: ["0-9-2"]) { nodes { replay } } deadLetterCounts(at: "z") { letters } }`)
  assert.deepEqual(new Set(watermark.asked), new Set(['x', 'y', 'y+summaries', 'z']))
})

test('the fields of a page are one question to the store each, whatever the aliases', async () => {
  let questions = 0
  const counting: typeof store.reader = {
    ...store.reader,
    columns(...question) {
      questions++
      return store.reader.columns(...question)
    },
  }
  const nodes = '{ nodes { replay frame } }'
  const { errors, data } = await createAsker(counting).ask(
    `{ a: deadLetters(first: 7) ${nodes} b: deadLetters(first: 7) ${nodes} }`,
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(data.a, data.b)
  assert.ok(questions >= 4 && questions <= 6, `${questions}`)
})

test('counts are by project and reason, the most first', async () => {
  const { data } = await ask(`{ deadLetterCounts { project reason letters oldest newest } }`)
  const time = (ms: number) => new Date(ms).toISOString()
  assert.deepEqual(data.deadLetterCounts[0], {
    ...{ project: 'p', reason: 'TOO_MANY_METRICS', letters: 2, oldest: time(5_000), newest: time(6_000) },
  })
  assert.deepEqual(data.deadLetterCounts[1], {
    ...{ project: '', reason: 'UNREADABLE_RECORD', letters: 1, oldest: null, newest: null },
  })
  assert.equal(data.deadLetterCounts.length, 6)
  const ofQ = await ask(`{ deadLetterCounts(project: "q") { reason letters } }`)
  assert.deepEqual(ofQ.data.deadLetterCounts, [{ reason: 'TOO_MANY_METRICS', letters: 1 }])
  const one = await ask(`{ deadLetterCounts(first: 1) { letters } }`)
  assert.deepEqual(one.data.deadLetterCounts, [{ letters: 2 }])
})

test('open letters are counted as their states say', async () => {
  const { data, errors } = await ask(
    '{ deadLetterCounts { project reason open } deadLetters { nodes { project reason replay } } }',
  )
  assert.deepEqual(errors, [])
  type Node = { project: string; reason: string; replay: string }
  for (const { project, reason, open } of data.deadLetterCounts) {
    const alike = data.deadLetters.nodes.filter((node: Node) => node.project === project && node.reason === reason)
    assert.equal(open, alike.filter(({ replay }: Node) => replay === 'OPEN').length, `${project} ${reason}`)
  }
  const ofQ = await ask('{ deadLetterCounts(project: "q") { letters open } }')
  assert.deepEqual(ofQ.data.deadLetterCounts, [{ letters: 1, open: 1 }])
})

test('open letters are counted as their states say, whatever the sequences', async () => {
  const random = createRandom(chosenSeed())
  const project = 'random'
  const rows: string[] = []
  const received = "toDateTime64(1, 3, 'UTC')"
  for (let run = 0; run < 20; run++) {
    const numbers = Array.from({ length: whole(random, 0, 12) }, () => run * 100 + whole(random, 0, 40)).sort(
      (a, b) => a - b,
    )
    const sequence = [...new Set(numbers)].slice(0, 9)
    if (sequence.length % 2 === 1)
      await insertState(project, `${run}`, [[replayWriter(0, 'too_many_metrics'), sequence]])
    for (let block = 0; block < 42; block++) {
      rows.push(`(0, 0, ${run * 100 + block}, '${project}', '${run}', 'too_many_metrics', '', '', ${received})`)
    }
  }
  // The block's number is what a letter has for a sequence number here; those of a run begin at its hundred.
  await store.command(`INSERT INTO dead_letters VALUES ${rows.join(',')}`)
  const { data } = await ask(
    `{ deadLetterCounts(project: "${project}") { letters open }
       a: deadLetters(project: "${project}", first: 500) { nodes { replay } pageInfo { endCursor } } }`,
  )
  const more = await ask(
    `{ deadLetters(project: "${project}", first: 500, after: "${data.a.pageInfo.endCursor}") { nodes { replay } } }`,
  )
  const states = [...data.a.nodes, ...more.data.deadLetters.nodes].map(({ replay }: { replay: string }) => replay)
  assert.equal(states.length, 840)
  const open = states.filter((state) => state === 'OPEN').length
  assert.ok(open > 0 && open < 840)
  assert.deepEqual(data.deadLetterCounts, [{ letters: 840, open }])
})

test('the reasons of the SDL are those of the sink', () => {
  const type = buildSchema(readFileSync(packageFile('schema/api.graphql'), 'utf8')).getType('DeadLetterReason')
  assert.ok(isEnumType(type))
  assert.deepEqual(
    type
      .getValues()
      .map(({ name }) => name)
      .sort(),
    deadReasons.map((reason) => reason.toUpperCase()).sort(),
  )
})

test('the SDL says what a frame costs', async () => {
  const { extensions } = await ask(`{ deadLetters(first: 1) { nodes { frame } } }`)
  assert.deepEqual(extensions?.cost, { points: 1 + 98_304, series: 0, pointsLimit: limits.pointsPerAnswer })
  assert.match(readFileSync(packageFile('schema/api.graphql'), 'utf8'), /98,304 points/)
  assert.ok(limits.pointsPerAnswer >= 20 * (1 + 98_304) && limits.pointsPerAnswer < 21 * (1 + 98_304))
})

test('names and numbers of replays fit what frames allow, and rise in log order', () => {
  for (const reason of deadReasons) {
    assert.ok(replayWriter(999_999_999, reason).length <= limits.writerCharacters)
  }
  const seqs = ['0-0-0', '0-0-65535', '0-1-0', '0-137438953471-65535'].map((id) => replaySeq(parseLetterId(id)!))
  assert.deepEqual(seqs, [0, 65_535, 65_536, Number.MAX_SAFE_INTEGER])
  assert.throws(() => replaySeq(parseLetterId('0-137438953472-0')!), RangeError)
  for (const bad of ['', '1-2', '1-2-3-4', '-1-2-3', '01-2-3', '1-2-3 ', 'a-b-c', '1-2-100000']) {
    assert.equal(parseLetterId(bad), undefined, bad)
  }
})

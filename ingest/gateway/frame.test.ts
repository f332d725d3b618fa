import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pack } from 'msgpackr'
import { type ErrorCode, Refusal } from '../../schema/errors.ts'
import { limits } from '../../schema/limits.ts'
import { readRecord } from '../record/reader.ts'
import type { Integers } from '../record/record.ts'
import { clearRecord, createRecordWriter, putFrame, recordBytes } from '../record/writer.ts'
import { createConnectionSets } from './connection-sets.ts'
import { decodeFrame, decodeFrames, type Frame } from './frame.ts'
import { jsonToMsgpack } from './json.ts'
import { admitSet, createNameRegistry } from './names.ts'

const int64 = (...values: number[]) => Buffer.from(BigInt64Array.from(values, BigInt).buffer)
const float64 = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer)
const float32 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer)
const base = { project: 'p', run: 'r1' }
const two: [number, string[]][] = [[0, ['a', 'b']]]

function decode(value: unknown, connection = createConnectionSets()): Frame {
  return decodeFrame(Buffer.from(value instanceof Uint8Array ? value : pack(value)), createNameRegistry(1), connection)
}

/** [metric, step, time or undefined, value] of every point, in block order; also proves that the record layout keeps them. */
function points(frame: Frame): [string, number, number | undefined, number][] {
  const writer = createRecordWriter(16)
  clearRecord(writer)
  putFrame(writer, frame.run, frame, 5)
  const [again] = readRecord(recordBytes(writer), (_, names) => ({ names: names() }))
  assert.ok(again)
  const list: [string, number, number | undefined, number][] = []
  for (const block of again.blocks) {
    const view = new DataView(block.values.buffer, block.values.byteOffset, block.values.byteLength)
    block.set.names.forEach((name, m) => {
      for (let i = 0; i < block.count; i++) {
        const at = (m * block.count + i) * block.width
        const value = block.width === 8 ? view.getFloat64(at, true) : view.getFloat32(at, true)
        list.push([name, integerAt(block.steps, i), block.times && integerAt(block.times, i), value])
      }
    })
  }
  assert.equal(list.length, frame.points)
  return list
}

function integerAt(integers: Integers, i: number): number {
  if (integers.kind === 'range') return integers.start + integers.stride * i
  return Number(Buffer.from(integers.bytes).readBigInt64LE(i * 8))
}

test('hand-written rows become points, negative steps and non-finite values included', () => {
  const log = [
    { step: -3, metrics: { loss: 0.5, acc: Number.NaN } },
    { step: 4, time: 1_700_000_000_000, metrics: { loss: Number.POSITIVE_INFINITY } },
    { step: 9_007_199_254_740_991, metrics: { loss: -2, acc: 1 } },
  ]
  assert.deepEqual(points(decode({ ...base, log })), [
    ['loss', -3, undefined, 0.5],
    ['loss', 9_007_199_254_740_991, undefined, -2],
    ['acc', -3, undefined, Number.NaN],
    ['acc', 9_007_199_254_740_991, undefined, 1],
    ['loss', 4, 1_700_000_000_000, Number.POSITIVE_INFINITY],
  ])
})

test('of two rows of one step the later one is in a later block', () => {
  const orders: [number, string[]][][] = [
    [
      [1, ['a']],
      [1, ['a']],
    ],
    [
      [1, ['a']],
      [5, ['a', 'b']],
      [5, ['a']],
    ],
    [
      [5, ['a']],
      [1, ['a']],
      [5, ['a']],
    ],
    [
      [1, ['a', 'b']],
      [2, ['a']],
      [2, ['a', 'b']],
    ],
  ]
  for (const rows of orders) {
    const log = rows.map(([step, names], i) => ({ step, metrics: Object.fromEntries(names.map((name) => [name, i])) }))
    const frame = decode({ ...base, log })
    const last = new Map<string, number>()
    // Points of one series come in block order, and within a block steps strictly increase.
    for (const [name, step, , value] of points(frame)) last.set(`${name}@${step}`, value)
    const expected = new Map<string, number>()
    rows.forEach(([step, names], i) => {
      for (const name of names) expected.set(`${name}@${step}`, i)
    })
    assert.deepEqual(last, expected)
  }
})

test('alternating rows of different metrics share blocks', () => {
  const log = Array.from({ length: 100 }, (_, i) => ({ step: i >> 1, metrics: i % 2 ? { val: i } : { train: i } }))
  assert.equal(decode({ ...base, log }).blocks.length, 2)
})

test('columnar blocks: ranges, lists, float32, and sets from an earlier frame of the connection', () => {
  const connection = createConnectionSets()
  decode({ ...base, sets: two }, connection)
  const cols = [
    [0, [10, 5, 2], [1000, 7], float64(1, 2, 3, 4)],
    [0, 7, null, float32(0.5, -0.5)],
    [0, int64(-5, 9), int64(1, -1), float64(1, 2, 3, 4)],
    [0, 8, 99, float64(5, 6)],
  ]
  assert.deepEqual(points(decode({ ...base, cols }, connection)), [
    ...[
      ['a', 10, 1000, 1],
      ['a', 15, 1007, 2],
      ['b', 10, 1000, 3],
      ['b', 15, 1007, 4],
    ],
    ...[
      ['a', 7, undefined, 0.5],
      ['b', 7, undefined, -0.5],
    ],
    ...[
      ['a', -5, 1, 1],
      ['a', 9, -1, 2],
      ['b', -5, 1, 3],
      ['b', 9, -1, 4],
    ],
    ...[
      ['a', 8, 99, 5],
      ['b', 8, 99, 6],
    ],
  ])
})

test('updates keep their types, and null removes', () => {
  const params = {
    lr: 0.1,
    n: 3,
    big: Number.MAX_SAFE_INTEGER,
    on: true,
    off: false,
    opt: 'adam',
    gone: null,
    inf: Number.POSITIVE_INFINITY,
  }
  const update = { name: 'first', state: 'running', params, tags: { team: 'vision', old: null } }
  const frame = decode({ ...base, writer: 'w', seq: 7, update })
  const writer = createRecordWriter()
  putFrame(writer, frame.run, frame, 1)
  const [again] = readRecord(recordBytes(writer), () => assert.fail('no sets'))
  assert.deepEqual(again?.update, {
    ...update,
    params: new Map(Object.entries(params)),
    tags: new Map(Object.entries(update.tags)),
  })
  assert.deepEqual([again?.writer, again?.seq], ['w', 7])
})

const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
const manyNames = Array.from({ length: 10_001 }, (_, i) => `m${i}`)
const refused: [string, ErrorCode, unknown][] = [
  ['an empty input', 'malformed_msgpack', Buffer.alloc(0)],
  ['a map that ends early', 'malformed_msgpack', Buffer.from([0x81])],
  [
    'bytes behind the frame',
    'malformed_msgpack',
    Buffer.concat([pack({ ...base, log: [{ step: 1, metrics: { a: 1 } }] }), Buffer.of(0)]),
  ],
  ['a map header of four billion pairs', 'malformed_msgpack', Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff])],
  [
    'a string header of four billion bytes',
    'malformed_msgpack',
    Buffer.concat([Buffer.of(0x81), Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff])]),
  ],
  ['an extension type', 'forbidden_type', { ...base, log: new Date(0) }],
  ['the reserved byte 0xc1', 'forbidden_type', Buffer.from([0x81, 0xa1, 0x76, 0xc1])],
  ['values nested too deep', 'too_deep', { ...base, log: nested(50) }],
  ['an array for a frame', 'wrong_type', [1]],
  ['a number for a frame', 'wrong_type', Buffer.of(7)],
  ['an unknown version', 'unknown_version', { v: 2, ...base }],
  ['an unknown field', 'unknown_field', { ...base, points: [] }],
  [
    '__proto__ as a field',
    'unknown_field',
    Buffer.concat([Buffer.of(0x81, 0xa9), Buffer.from('__proto__'), Buffer.of(0x80)]),
  ],
  ['no project', 'missing_field', { run: 'r', log: [] }],
  ['no run', 'missing_field', { project: 'p', log: [] }],
  ['an empty run id', 'bad_run', { project: 'p', run: '', log: [] }],
  ['a run id of 129 characters', 'bad_run', { project: 'p', run: 'x'.repeat(129) }],
  ['a run id with a newline', 'bad_run', { project: 'p', run: 'a\nb' }],
  ['a run id with a space at its end', 'bad_run', { project: 'p', run: 'a ' }],
  ['a number for a run id', 'wrong_type', { project: 'p', run: 1 }],
  ['an empty project', 'bad_project', { project: '', run: 'r' }],
  ['a writer without seq', 'bad_writer', { ...base, writer: 'w' }],
  ['a negative seq', 'bad_writer', { ...base, writer: 'w', seq: -1 }],
  ['a fractional seq', 'bad_writer', { ...base, writer: 'w', seq: 1.5 }],
  ['nothing to store', 'empty_frame', base],
  ['an empty log', 'empty_frame', { ...base, log: [] }],
  ['a step beyond 2^53-1', 'bad_step', { ...base, log: [{ step: 2 ** 53, metrics: { a: 1 } }] }],
  ['a step below -(2^53-1)', 'bad_step', { ...base, log: [{ step: -(2 ** 53), metrics: { a: 1 } }] }],
  ['a fractional step', 'bad_step', { ...base, log: [{ step: 0.5, metrics: { a: 1 } }] }],
  ['a text for a step', 'wrong_type', { ...base, log: [{ step: '1', metrics: { a: 1 } }] }],
  ['a row without step', 'missing_field', { ...base, log: [{ metrics: { a: 1 } }] }],
  ['a row without metrics', 'missing_field', { ...base, log: [{ step: 1 }] }],
  ['a text for a value', 'wrong_type', { ...base, log: [{ step: 1, metrics: { a: 'x' } }] }],
  ['nil for a value', 'wrong_type', { ...base, log: [{ step: 1, metrics: { a: null } }] }],
  ['an empty metric name', 'bad_metric', { ...base, log: [{ step: 1, metrics: { '': 1 } }] }],
  [
    'a metric name of 513 bytes',
    'bad_metric',
    { ...base, log: [{ step: 1, metrics: { [`${'é'.repeat(256)}a`]: 1 } }] },
  ],
  ['a time in nanoseconds', 'bad_time', { ...base, log: [{ step: 1, time: 1.7e18, metrics: { a: 1 } }] }],
  [
    '10,001 metrics in a row',
    'too_many_metrics',
    { ...base, log: [{ step: 1, metrics: Object.fromEntries(manyNames.map((n) => [n, 1])) }] },
  ],
  ['10,001 metrics in a set', 'too_many_metrics', { ...base, sets: [[0, manyNames]] }],
  ['a metric twice in a set', 'duplicate_metric', { ...base, sets: [[0, ['a', 'b', 'a']]] }],
  ['a set that was not defined', 'unknown_set', { ...base, cols: [[3, 1, null, float64(1)]] }],
  ['values of another length', 'unequal_columns', { ...base, sets: two, cols: [[0, [0, 1, 3], null, float64(1, 2)]] }],
  [
    'times of another length',
    'unequal_columns',
    { ...base, sets: two, cols: [[0, [0, 1, 3], int64(1), float64(1, 2, 3, 4, 5, 6)]] },
  ],
  ['steps of 7 bytes', 'unequal_columns', { ...base, sets: two, cols: [[0, Buffer.alloc(7), null, float64(1)]] }],
  ['no steps', 'unequal_columns', { ...base, sets: two, cols: [[0, Buffer.alloc(0), null, Buffer.alloc(0)]] }],
  ['a count of zero', 'unequal_columns', { ...base, sets: two, cols: [[0, [0, 1, 0], null, Buffer.alloc(0)]] }],
  ['a count of 2^53', 'unequal_columns', { ...base, sets: two, cols: [[0, [0, 1, 2 ** 53 - 1], null, float64(1)]] }],
  [
    'a range that ends beyond 2^53-1',
    'bad_step',
    { ...base, sets: two, cols: [[0, [2 ** 53 - 2, 1, 3], null, float64(1, 2, 3, 4, 5, 6)]] },
  ],
  [
    'a huge stride',
    'bad_step',
    { ...base, sets: two, cols: [[0, [0, 2 ** 53 - 1, 3], null, float64(1, 2, 3, 4, 5, 6)]] },
  ],
  ['a listed step beyond 2^53-1', 'bad_step', { ...base, sets: two, cols: [[0, int64(2 ** 53), null, float64(1, 2)]] }],
  [
    'listed steps that go back',
    'step_order',
    { ...base, sets: two, cols: [[0, int64(2, 1), null, float64(1, 2, 3, 4)]] },
  ],
  [
    'listed steps that repeat',
    'step_order',
    { ...base, sets: two, cols: [[0, int64(2, 2), null, float64(1, 2, 3, 4)]] },
  ],
  ['a stride of zero', 'step_order', { ...base, sets: two, cols: [[0, [0, 0, 2], null, float64(1, 2, 3, 4)]] }],
  [
    'times that end after 2299',
    'bad_time',
    { ...base, sets: two, cols: [[0, [0, 1, 2], [1e13, 1e13], float64(1, 2, 3, 4)]] },
  ],
  ['an unknown state', 'bad_update', { ...base, update: { state: 'done' } }],
  ['an empty update', 'bad_update', { ...base, update: {} }],
  ['a nested param', 'bad_update', { ...base, update: { params: { a: { b: 1 } } } }],
  ['a number for a tag', 'bad_update', { ...base, update: { tags: { a: 1 } } }],
  ['a param beyond 2^53', 'bad_update', { ...base, update: { params: { a: 2n ** 60n } } }],
  [
    'invalid UTF-8 in a param',
    'malformed_msgpack',
    Buffer.concat([
      Buffer.of(0x83),
      ...['project', 'p', 'run', 'r', 'update'].map((text) => pack(text)),
      Buffer.from([0x81, 0xa4, 0x6e, 0x61, 0x6d, 0x65, 0xa1, 0xff]),
    ]),
  ],
]

for (const [what, code, input] of refused) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => decode(input),
      (error) => error instanceof Refusal && error.code === code,
    )
  })
}

test('duplicate metric names in one msgpack row are refused', () => {
  const row = Buffer.concat([
    Buffer.of(0x82),
    pack('step'),
    pack(1),
    pack('metrics'),
    Buffer.of(0x82),
    pack('a'),
    pack(1),
    pack('a'),
    pack(2),
  ])
  const frame = Buffer.concat([
    Buffer.of(0x83),
    pack('project'),
    pack('p'),
    pack('run'),
    pack('r'),
    pack('log'),
    Buffer.of(0x91),
    row,
  ])
  assert.throws(() => decode(frame), { code: 'duplicate_metric' })
})

test('sets of a refused frame stay defined, and a redefinition replaces', () => {
  const connection = createConnectionSets()
  assert.throws(() => decode({ run: 'r', sets: two }, connection), { code: 'missing_field' })
  assert.equal(decode({ ...base, cols: [[0, 1, null, float64(1, 2)]] }, connection).points, 2)
  decode({ ...base, sets: [[0, ['only']]] }, connection)
  assert.deepEqual(points(decode({ ...base, cols: [[0, 1, null, float64(3)]] }, connection)), [
    ['only', 1, undefined, 3],
  ])
  assert.equal(connection.names, 1)
})

test('a run that collects too many metrics over several frames is refused', () => {
  const names = createNameRegistry(1)
  const run = names.run('p', 'r')
  admitSet(run, { names: manyNames.slice(0, 9_999) })
  admitSet(run, { names: manyNames.slice(5_000, 10_000) })
  assert.equal(run.metrics, limits.metricsPerRun)
  assert.throws(() => admitSet(run, { names: manyNames.slice(10_000) }), { code: 'too_many_metrics' })
  for (let i = 0; i < 200; i++) admitSet(run, { names: manyNames.slice(i, i + 3) })
  assert.equal(run.metrics, limits.metricsPerRun)
  assert.ok(run.sets.length <= 65)
})

test('a list of frames names the one at fault', () => {
  let fault = -1
  const list = pack([
    { ...base, log: [{ step: 1, metrics: { a: 1 } }] },
    { ...base, log: [{ step: 1.5, metrics: { a: 1 } }] },
  ])
  const names = createNameRegistry(1)
  assert.throws(
    () =>
      decodeFrames(list, names, (index) => {
        fault = index
      }),
    { code: 'bad_step' },
  )
  assert.equal(fault, 1)
  assert.equal(names.definedNames, 0)
})

const jsonRows: [string, string, ErrorCode | [string, number, number | undefined, number][]][] = [
  [
    'the contract example',
    '{"project":"p","run":"r1","log":[{"step":1,"metrics":{"loss":0.5,"acc":0.9}}]}',
    [
      ['loss', 1, undefined, 0.5],
      ['acc', 1, undefined, 0.9],
    ],
  ],
  [
    'non-finite texts',
    '{"project":"p","run":"r","log":[{"step":1,"metrics":{"a":"NaN","b":"-Infinity"}}]}',
    [
      ['a', 1, undefined, Number.NaN],
      ['b', 1, undefined, Number.NEGATIVE_INFINITY],
    ],
  ],
  ['minus zero', '{"project":"p","run":"r","log":[{"step":-0,"metrics":{"a":-0}}]}', [['a', 0, undefined, -0]]],
  [
    'the run named NaN',
    '{"project":"NaN","run":"NaN","log":[{"step":1,"metrics":{"NaN":1}}]}',
    [['NaN', 1, undefined, 1]],
  ],
  ['another text for a value', '{"project":"p","run":"r","log":[{"step":1,"metrics":{"a":"nan"}}]}', 'wrong_type'],
  ['a key twice', '{"project":"p","run":"r","log":[{"step":1,"metrics":{"a":1,"\\u0061":2}}]}', 'duplicate_metric'],
  ['a lone surrogate', '{"project":"p","run":"\\ud800","log":[]}', 'malformed_json'],
  ['no JSON', '{', 'malformed_json'],
  ['nesting', '['.repeat(5000) + ']'.repeat(5000), 'too_deep'],
  ['a step beyond 2^53-1', '{"project":"p","run":"r","log":[{"step":9007199254740993,"metrics":{"a":1}}]}', 'bad_step'],
]
for (const [what, text, expected] of jsonRows) {
  test(`JSON: ${what}`, () => {
    const read = () => decode(jsonToMsgpack(Buffer.from(text)))
    if (typeof expected === 'string') assert.throws(read, { code: expected })
    else
      assert.deepEqual(
        points(read()).map((p) => p.map((x, i) => (i === 1 ? Number(x) + 0 : x))),
        expected,
      )
  })
}

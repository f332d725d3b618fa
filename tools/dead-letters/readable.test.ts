import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecordFrame } from '../../ingest/record/record.ts'
import { hexDump, readableFrame } from './readable.ts'

const bytes = (array: Float64Array | Float32Array | BigInt64Array) => new Uint8Array(array.buffer)

test('a frame is told in full, with what JSON has no number for as texts', () => {
  const frame: RecordFrame = {
    ...{ run: { project: 'p', run: 'r' }, receivedMs: 0, writer: 'w', seq: 7 },
    update: {
      state: 'failed',
      params: new Map<string, string | number | null>([
        ['lr', -0],
        ['x', null],
      ]),
    },
    blocks: [
      {
        ...{ set: { names: ['a', 'b'] }, count: 2, width: 8 },
        steps: { kind: 'range', start: -1, stride: 3 },
        times: { kind: 'list', bytes: bytes(BigInt64Array.of(5n, -6n)) },
        values: bytes(Float64Array.of(1.5, Number.NaN, -0, Number.NEGATIVE_INFINITY)),
      },
      {
        ...{ set: { names: ['c'] }, count: 1, width: 4, times: undefined },
        steps: { kind: 'list', bytes: bytes(BigInt64Array.of(BigInt(Number.MAX_SAFE_INTEGER))) },
        values: bytes(Float32Array.of(0.5)),
      },
    ],
  }
  assert.deepEqual(JSON.parse(JSON.stringify(readableFrame(frame))), {
    ...{ project: 'p', run: 'r', writer: 'w', seq: 7, received: '1970-01-01T00:00:00.000Z' },
    update: { state: 'failed', params: { lr: '-0', x: null } },
    blocks: [
      { values: 'float64', steps: [-1, 2], times: [5, -6], metrics: { a: [1.5, 'NaN'], b: ['-0', '-Infinity'] } },
      { values: 'float32', steps: [Number.MAX_SAFE_INTEGER], times: 'as received', metrics: { c: [0.5] } },
    ],
  })
})

test('bytes are dumped sixteen a line', () => {
  const dump = hexDump(Buffer.from('Stepstream \u0000 is here, and more of it'), 20)
  assert.deepEqual(dump, [
    '00000000  53 74 65 70 73 74 72 65 61 6d 20 00 20 69 73 20  Stepstream . is ',
    '00000010  68 65 72 65                                      here',
  ])
  assert.deepEqual(hexDump(new Uint8Array(0), 20), [])
})

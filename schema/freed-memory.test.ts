import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { getHeapStatistics } from 'node:v8'
import { freeArraysOf, freeMemory } from './freed-memory.ts'

test('memory is given back at once, whatever the collector does', () => {
  const outside = () => getHeapStatistics().external_memory
  const before = outside()
  const size = 2 ** 22
  for (let i = 0; i < 50; i++) {
    const bytes = new Uint8Array(size).fill(i)
    const view = new DataView(bytes.buffer)
    freeMemory(bytes)
    assert.equal(bytes.byteLength, 0)
    assert.throws(() => view.getUint8(0), TypeError)
    assert.ok(outside() - before < size)
  }
})

test('what may be somebody else’s stays: parts of a memory, shared memory, and what was given back before', () => {
  const whole = new Uint8Array(2 ** 16).fill(7)
  freeMemory(whole.subarray(0, 2 ** 15))
  freeMemory(whole.subarray(1))
  assert.equal(whole[2 ** 15], 7)
  const shared = new Uint8Array(new SharedArrayBuffer(2 ** 16))
  freeMemory(shared)
  assert.equal(shared.byteLength, 2 ** 16)
  const small = Buffer.from('some of a pool')
  freeMemory(small, { isMost: true })
  assert.equal(small.toString(), 'some of a pool')
  const most = whole.slice().subarray(0, 2 ** 15)
  freeMemory(most, { isMost: true })
  assert.equal(most.byteLength, 0)
  freeMemory(whole)
  freeMemory(whole)
  assert.equal(whole.byteLength, 0)
})

test('of all arrays of an object the memory is given back, also where several look into the same', () => {
  const wide = new Float64Array(2 ** 12)
  const owner = { wide, halves: new Int32Array(wide.buffer), other: new Uint16Array(2 ** 12), length: 3, names: ['a'] }
  freeArraysOf(owner, { more: wide })
  assert.deepEqual([owner.wide.length, owner.halves.length, owner.other.length], [0, 0, 0])
  assert.deepEqual([owner.length, owner.names], [3, ['a']])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSeed } from '../../test/random.ts'
import { fuzzColumnFrames, fuzzFrames, fuzzRows } from './frame.fuzz.ts'

test('100,000 mutated frames are either whole or refused by name, in bounded memory', () => {
  const { valid, refused } = fuzzFrames(100_000, chosenSeed())
  assert.ok(valid > 5_000, `${valid} valid`)
  const total = [...refused.values()].reduce((sum, times) => sum + times, 0)
  assert.equal(valid + total, 100_000)
  // The mutations reach behind the first check: most kinds of refusal that one frame can meet come up.
  const reached = ['malformed_msgpack', 'forbidden_type', 'unknown_field', 'missing_field', 'wrong_type', 'bad_step']
  for (const code of [...reached, 'bad_run', 'unequal_columns', 'unknown_set', 'bad_update', 'duplicate_metric']) {
    assert.ok(refused.has(code), `${code} never came up: ${[...refused.keys()]}`)
  }
})

test('of 50,000 mutated frames in columns, the fast way reads what the plain way reads, and as it does', () => {
  const { fast, plain } = fuzzColumnFrames(50_000, chosenSeed())
  assert.ok(fast > 5_000 && plain > fast, `${fast} of ${plain}`)
})

test('20,000 mutated frames of rows whose metrics are known are read as if they were not', () => {
  const { valid, known } = fuzzRows(20_000, chosenSeed())
  assert.ok(valid > 1_000 && known > 20_000, `${valid} valid, ${known} rows known`)
})

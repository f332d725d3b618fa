import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../../schema/limits.ts'
import { chosenSeed, createRandom, type Random, whole } from '../../test/random.ts'
import { createSequenceOracle } from './sequence.oracle.ts'
import { createSequence, recordSequence, type SequenceVerdict } from './sequence.ts'

const seed = chosenSeed()

const histories: [name: string, seqs: number[], verdicts: SequenceVerdict[]][] = [
  ['a writer that counts up from 0', [0, 1, 2, 1, 0], ['new', 'new', 'new', 'seen', 'seen']],
  ['a writer that starts elsewhere may still send what is below', [5, 4, 0, 5], ['new', 'new', 'new', 'seen']],
  ['a gap is filled once', [0, 2, 1, 1], ['new', 'new', 'new', 'seen']],
  [
    'the largest number there is',
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1],
    ['new', 'seen', 'new'],
  ],
  [
    'below the oldest gap that is kept nothing can be told',
    [...Array.from({ length: limits.sequenceGapsPerWriter + 1 }, (_, i) => i * 2), 0, 1, 2, 3],
    [...Array(limits.sequenceGapsPerWriter + 1).fill('new'), 'unknown', 'unknown', 'seen', 'new'],
  ],
]
for (const [name, seqs, verdicts] of histories) {
  test(name, () => {
    const sequence = createSequence()
    assert.deepEqual(
      seqs.map((seq) => recordSequence(sequence, seq)),
      verdicts,
    )
  })
}

const orders: [name: string, next: (random: Random, i: number) => number][] = [
  ['ascending with gaps and re-sends', (random, i) => Math.max(0, i - (random() < 0.3 ? whole(random, 0, 20) : 0))],
  ['ascending by more than one', (random, i) => i * 2 - (random() < 0.4 ? whole(random, 0, 300) : 0)],
  ['any order', (random) => whole(random, 0, 400)],
  ['descending', (random, i) => 1500 - i - (random() < 0.3 ? whole(random, -4, 4) : 0)],
  ['far apart', (random) => whole(random, 0, 40) * 2 ** 47 + whole(random, 0, 6)],
]
for (const [name, next] of orders) {
  test(`numbers in order "${name}" are judged as a plain set judges them, in bounded room`, () => {
    for (let round = 0; round < 6; round++) {
      const random = createRandom(seed + round)
      const sequence = createSequence()
      const oracle = createSequenceOracle(limits.sequenceGapsPerWriter)
      for (let i = 0; i < 1000; i++) {
        const seq = Math.max(0, next(random, i))
        assert.equal(recordSequence(sequence, seq), oracle(seq), `number ${i} of round ${round}: ${seq}`)
        assert.ok(sequence.length <= 1 + 2 * limits.sequenceGapsPerWriter)
      }
      // Closed intervals in ascending order, never touching, above the floor: also what is stored and loaded again.
      for (let at = 1; at < sequence.length; at++) {
        const least = at === 1 ? sequence[0]! : sequence[at - 1]! + (at % 2 === 1 ? 2 : 0)
        assert.ok(sequence[at]! >= least, `${sequence}`)
      }
    }
  })
}

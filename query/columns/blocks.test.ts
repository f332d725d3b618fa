import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Blocks, blocksOf, joined, type Part, type Shown, unreadOf } from './blocks.ts'

const shown = (...parts: (readonly [first: number, last: number])[]): Shown => ({
  identity: 'here',
  parts: parts.map(([first, last]): Part => ({ name: `all_${first}_${last}_1`, first, last })),
})

const cases: { what: string; read: Blocks; now: Shown; unread: readonly string[] | undefined | 'void' }[] = [
  { what: 'nothing was read', read: [], now: shown([1, 1], [2, 2]), unread: [] },
  { what: 'nothing is new', read: [[1, 3]], now: shown([1, 2], [3, 3]), unread: undefined },
  { what: 'merging what was read is nothing new', read: [[1, 3]], now: shown([1, 3]), unread: undefined },
  { what: 'an insert came', read: [[1, 3]], now: shown([1, 3], [4, 4]), unread: ['all_1_3_1'] },
  {
    what: 'an insert of a lower number became visible later',
    read: [
      [1, 3],
      [5, 5],
    ],
    now: shown([1, 3], [4, 4], [5, 5]),
    unread: ['all_1_3_1', 'all_5_5_1'],
  },
  {
    what: 'an insert came and was merged with what was read',
    read: [[1, 3]],
    now: shown([1, 2], [3, 4]),
    unread: ['all_1_2_1'],
  },
  { what: 'a part is gone', read: [[1, 3]], now: shown([1, 2]), unread: 'void' },
  { what: 'the table is empty again', read: [[1, 3]], now: shown(), unread: 'void' },
  { what: 'it is another table', read: [[1, 3]], now: { ...shown([1, 3]), identity: 'there' }, unread: 'void' },
]
for (const { what, read, now, unread } of cases) {
  test(`what is unread of a table: ${what}`, () => {
    const found = unreadOf(now, 'here', read)
    assert.deepEqual(typeof found === 'object' ? found.wholeParts : found, unread)
    if (typeof found === 'object') assert.deepEqual(found.blocks, read)
  })
}

test('ranges that meet or overlap are one, in order', () => {
  assert.deepEqual(
    joined([
      [7, 9],
      [1, 2],
      [3, 4],
      [8, 12],
    ]),
    [
      [1, 4],
      [7, 12],
    ],
  )
  assert.deepEqual(blocksOf(shown([5, 5], [1, 3])), [
    [1, 3],
    [5, 5],
  ])
})

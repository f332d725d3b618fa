import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { emptyTable } from '../reduce/buckets.ts'
import { createKeptTiles } from './kept-tiles.ts'
import { sizes } from './sizes.ts'

const tilesOf = (rows: number) => ({ table: emptyTable(rows), extent: { first: 0, last: 1 }, version: 1 })

test('tiles are kept up to so many bytes, and those used last stay', () => {
  // 17 columns of 8 bytes, and what an entry takes beside them.
  const bytes = 100 * 17 * 8 + 4_096
  Object.assign(sizes, { tilesKeptBytes: 3 * bytes })
  const { keep, get } = createKeptTiles()
  const [a, b, c, d] = [100, 100, 100, 100].map(tilesOf)
  keep('a', a!)
  keep('b', b!)
  keep('c', c!)
  assert.equal(get('a'), a)
  keep('d', d!)
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].filter((name) => get(name)),
    ['a', 'c', 'd'],
  )
  keep('c', b!)
  assert.deepEqual([get('a'), get('c'), get('d')], [a, b, d], 'what is kept again counts once')
  keep('too large', tilesOf(1_000))
  assert.equal(get('too large'), undefined)
  assert.equal(get('a'), a)
})

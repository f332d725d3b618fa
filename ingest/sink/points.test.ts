import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodedBits } from '../../schema/value-codes.fixture.ts'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import type { Block, Integers } from '../record/record.ts'
import { expandBlock, list, randomBits, randomBlock, range } from './blocks.fixture.ts'
import { rowAt } from './memory-store.fixture.ts'
import { appendPoints, clearPoints, createPointsBatch, type PointsBatch, type PointsOwner } from './points.ts'
import { pointsColumns } from './points-columns.ts'
import { createSinkSet } from './sink-set.ts'
import { createSortedPoints, giveBackSortedPoints, type SortedPoints, sortPoints } from './sorted-points.ts'

const seed = chosenSeed()
const receivedMs = 1_700_000_000_123
const farthest = Number.MAX_SAFE_INTEGER

type Row = { run: bigint; metric: bigint; step: bigint; time: bigint; bits: bigint; ord: bigint }

function rowsOf(batch: PointsBatch, sorted: SortedPoints = createSortedPoints(1, 0)): Row[] {
  sortPoints([batch], sorted)
  assert.equal(sorted.rows, batch.rows)
  const columns = pointsColumns(sorted)
  return Array.from({ length: sorted.rows }, (_, i) => {
    const { code, ...row } = rowAt(columns, i) as Record<string, bigint>
    return { ...row, bits: decodedBits(code!) } as Row
  })
}

/** A set whose names are its keys. */
const setOf = (...keys: bigint[]) => createSinkSet(keys.map(String), BigUint64Array.from(keys))
const ownerOf = (key: bigint): PointsOwner => ({ key, filling: 0, numberInFilling: 0 })

function expected(block: Block, run: bigint, ord: bigint): Row[] {
  return expandBlock(block).map(({ metric, step, time, bits }) => {
    return { run, metric: BigInt(metric), step, time: time ?? BigInt(receivedMs), bits, ord }
  })
}

const byMetric = (a: Row, b: Row) => compare(a.metric, b.metric)
const byKey = (a: Row, b: Row) =>
  compare(a.run, b.run) || compare(a.metric, b.metric) || compare(a.step, b.step) || compare(a.ord, b.ord)
const compare = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0)

function doubles(count: number, width: 4 | 8): Pick<Block, 'values' | 'width'> {
  const random = createRandom(seed)
  const bytes = new Uint8Array(new ArrayBuffer(count * width + 5), 5, count * width)
  const view = new DataView(bytes.buffer, 5)
  const wide = new DataView(new ArrayBuffer(8))
  for (let i = 0; i < count; i++) {
    wide.setBigUint64(0, randomBits(random))
    if (width === 8) view.setBigUint64(i * 8, wide.getBigUint64(0), true)
    else view.setFloat32(i * 4, wide.getFloat64(0), true)
  }
  return { values: bytes, width }
}

const forms: [name: string, count: number, steps: Integers, times: Integers | undefined][] = [
  ['a range of steps, no times', 5, range(-2, 1), undefined],
  ['a range with a wide stride', 4, range(-farthest, 2 ** 52), range(0, 1)],
  ['a range across a 32-bit border', 6, range(2 ** 32 - 3, 1), range(-(2 ** 32) - 2, 1)],
  ['a range that ends at the last step', 3, range(farthest - 4, 2), range(-2_208_988_800_000, 0)],
  ['a list of steps and times', 3, list([-farthest, 0, farthest]), list([10_413_791_999_999, -1, 0])],
  ['times that are all the same', 4, range(7, 3), range(1_700_000_000_000, 0)],
  ['one step as a range', 1, range(-9, 1), range(5, 9)],
  ['one step as a list', 1, list([-1]), list([1])],
  ['step minus zero', 1, range(-0, 1), range(-0, 0)],
  ['more steps than are copied one by one', 40, range(-20, 1), range(5, 9)],
  ['steps and times in any order', 4, list([7, -3, 0, 7]), list([1_000, -70_000, 5, 5])],
  ['steps and times that go down', 3, range(2 ** 40, -2), range(-5, -30_000)],
  ['steps as far apart as those of a place may be', 2, range(-1, 65_535), undefined],
  ['steps further apart', 2, range(-1, 65_536), list([65_535, 0])],
  ['times further apart', 2, range(-1, 1), list([65_536, 0])],
]
for (const [name, count, steps, times] of forms) {
  for (const width of [8, 4] as const) {
    test(`${name}, float${width * 8} values: the rows are those of the frame read point by point, metric by metric`, () => {
      const set = setOf(3n, 1n, 2n ** 64n - 1n)
      const block: Block = { set, count, steps, times, ...doubles(3 * count, width) }
      const batch = createPointsBatch(1)
      const offset = 2 ** 47 - 1
      assert.equal(appendPoints(batch, ownerOf(9n), set, block, receivedMs, offset), 0)
      const ord = BigInt(offset) * 65_536n
      const rows = expected(block, 9n, ord).sort(byMetric)
      assert.deepEqual(rowsOf(batch), rows)
      assert.deepEqual(rowsOf(batch, createSortedPoints(1, Number.POSITIVE_INFINITY)), rows, 'in columns of their own')
    })
  }
}

const spans: [span: number, column: '' | '_offset' | undefined][] = [
  [0, undefined],
  [1, '_offset'],
  [65_535, '_offset'],
  [65_536, ''],
]
for (const [span, column] of spans) {
  const needed = column === undefined ? 'no column' : column === '' ? 'a column of their own' : 'one of offsets'
  test(`steps or times of a place that are up to ${span} apart need ${needed}`, () => {
    const set = setOf(1n)
    const sorted = createSortedPoints(1, 0)
    const namesOf = (steps: Integers, times: Integers) => {
      const batch = createPointsBatch()
      const blocks = [
        { steps: range(0, 0), times: range(0, 0) },
        { steps, times },
      ]
      for (const [offset, block] of blocks.entries())
        appendPoints(batch, ownerOf(9n), set, { set, count: 3, ...block, ...doubles(3, 8) }, receivedMs, offset)
      sortPoints([batch], sorted)
      clearPoints(batch)
      return pointsColumns(sorted).map(({ name }) => name)
    }
    const ofAll = ['place', 'metric', 'code']
    const [far, same] = [list([9 + span, 9, 9]), range(5, 0)]
    const columnOf = (name: string) => (column === undefined ? [] : [`${name}${column}`])
    assert.deepEqual(namesOf(far, same), [...ofAll, ...columnOf('step')])
    assert.deepEqual(namesOf(same, same), ofAll, 'the next block has what it needs')
    assert.deepEqual(namesOf(same, far), [...ofAll, ...columnOf('time')])
    assert.deepEqual(namesOf(far, far), [...ofAll, ...columnOf('step'), ...columnOf('time')])
  })
}

/** Rows: what a run logs, and whether its rows come in the order of the primary key, as they should whenever they can. */
const logs: [name: string, sets: number, firstStep: (random: Random, frame: number) => number, ordered: boolean][] = [
  ['one set, ascending', 1, (_, frame) => frame * 1_000, true],
  ['one set, frames that overtook each other', 1, (_, frame) => (frame ^ 1) * 1_000, true],
  ['one set, steps anywhere', 1, (random) => whole(random, -99, 99), false],
  ['several sets with names in common, steps anywhere', 4, (random) => whole(random, -99, 99), false],
]
for (const [name, setCount, firstStep, ordered] of logs) {
  test(`${name}: many runs' rows are all there and in the order of the key, through growth and reuse of the memory`, () => {
    for (let round = 0; round < 30; round++) {
      const random = createRandom(seed + round)
      const batch = createPointsBatch(pick(random, [1, 16, 1024]))
      const columns = createSortedPoints(pick(random, [1, 5000]))
      const owners = Array.from({ length: whole(random, 1, 7) }, (_, i) => ownerOf(BigInt((i * 7919) % 13)))
      const sets = Array.from({ length: setCount }, (_, i) => {
        return setOf(
          ...Array.from({ length: whole(random, 1, 9) }, (_, m) => BigInt(((m * 31 + i) * 2_654_435_761) % 97)),
        )
      })
      for (let use = 0; use < 4; use++) {
        const all: Row[] = []
        clearPoints(batch)
        columns.leastRowsPerPlace = pick(random, [0, 0, 4, 32])
        const counts = pick(random, [[1], [1, 1, 2, 40]])
        if (random() < 0.2) giveBackSortedPoints(columns)
        for (let frame = 0; frame < 40; frame++) {
          const set = pick(random, sets)
          const count = pick(random, counts)
          const block = randomBlock(random, { set, count, firstStep: firstStep(random, frame), timeMs: receivedMs })
          const owner = pick(random, owners)
          assert.equal(appendPoints(batch, owner, set, block, receivedMs, frame), all.length)
          all.push(...expected(block, owner.key, BigInt(frame) * 65_536n))
        }
        const rows = rowsOf(batch, columns)
        if (ordered) assert.deepEqual(rows, all.sort(byKey), `round ${round}`)
        else assert.deepEqual([...rows].sort(byKey), all.sort(byKey), `round ${round}`)
        const keys = rows.map(({ run, metric }) => ({ ...rows[0]!, run, metric }))
        assert.deepEqual(keys, [...keys].sort(byKey), `round ${round}: runs and metrics in order`)
      }
    }
  })
}

test('a run of an earlier batch is a new run to the next', () => {
  const set = setOf(1n)
  const block: Block = { set, count: 1, steps: range(1, 1), times: range(2, 0), ...doubles(1, 8) }
  const owner = ownerOf(5n)
  const [first, second] = [createPointsBatch(), createPointsBatch()]
  for (const batch of [first, second, first]) {
    appendPoints(batch, owner, set, block, receivedMs, 1)
    assert.deepEqual(rowsOf(batch).length, batch.rows)
  }
  assert.equal(rowsOf(first).length, 2)
  clearPoints(first)
  appendPoints(first, owner, set, block, receivedMs, 1)
  assert.equal(rowsOf(first).length, 1)
})

test('log positions number the blocks of a run in a record, whoever logs between them, and begin anew in the next', () => {
  const batch = createPointsBatch(1)
  const sets = [setOf(1n), setOf(1n, 2n)]
  const owners = Array.from({ length: 40 }, (_, run) => ownerOf(BigInt(run)))
  const random = createRandom(seed)
  const all: Row[] = []
  for (let round = 0; round < 2; round++) {
    clearPoints(batch)
    all.length = 0
    for (const offset of [0, 1, 5, 2 ** 47 - 1]) {
      const placed = new Map<PointsOwner, bigint>()
      for (let i = 0; i < 200; i++) {
        const [owner, set] = [pick(random, owners), pick(random, sets)]
        const block = randomBlock(random, { set, count: 1, firstStep: whole(random, -3, 3), timeMs: receivedMs })
        appendPoints(batch, owner, set, block, receivedMs, offset)
        const place = placed.get(owner) ?? 0n
        placed.set(owner, place + 1n)
        all.push(...expected(block, owner.key, BigInt(offset) * 65_536n + place))
      }
    }
    assert.deepEqual(rowsOf(batch).sort(byKey), [...all].sort(byKey))
  }
})

test('more runs, metrics or frames than two bytes can number', () => {
  const set = setOf(...Array.from({ length: 70_000 }, (_, i) => BigInt(i) * 3n))
  const values = { width: 4, values: new Uint8Array(70_000 * 4) } as const
  const batch = createPointsBatch()
  const all: Row[] = []
  const wide: Block = { set, count: 1, steps: range(1, 1), times: undefined, ...values }
  appendPoints(batch, ownerOf(2n ** 63n), set, wide, receivedMs, 1)
  all.push(...expected(wide, 2n ** 63n, 65_536n))
  const one = setOf(1n)
  const narrow: Block = { ...wide, set: one, values: new Uint8Array(4) }
  for (let run = 0; run < 70_000; run++) {
    appendPoints(batch, ownerOf(BigInt(run ^ 77)), one, narrow, receivedMs, run)
    all.push(...expected(narrow, BigInt(run ^ 77), BigInt(run) * 65_536n))
  }
  assert.deepEqual(rowsOf(batch), all.sort(byKey))
})

test('runs whose keys have the same upper half are in order', () => {
  const batch = createPointsBatch()
  const set = setOf(1n)
  const block: Block = { set, count: 1, steps: range(1, 1), times: range(2, 0), ...doubles(1, 8) }
  const keys = [7n, 3n, 2n ** 32n + 1n, 5n, 2n ** 32n, 2n ** 64n - 1n, 2n ** 64n - 2n, 0n]
  for (const key of keys) appendPoints(batch, ownerOf(key), set, block, receivedMs, 1)
  assert.deepEqual(
    rowsOf(batch).map(({ run }) => run),
    [...keys].sort(compare),
  )
})

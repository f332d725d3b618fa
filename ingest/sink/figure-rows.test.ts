import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { metricKey, runKey } from '../../schema/keys.ts'
import { chosenSeed, createRandom, pick, type Random, whole } from '../../test/random.ts'
import { createFigureRows } from './figure-rows.ts'
import type { TableRows } from './rows.ts'
import { createRun, resolveSeries } from './runs.ts'
import { seriesRows } from './series-rows.ts'
import { allSummaryFields, createSeriesTable, writeSummary } from './series-table.ts'
import { createSinkSet } from './sink-set.ts'

/** Rows as objects, each value as it stands in the column's bytes. */
function objects({ rows, columns }: TableRows): Record<string, unknown>[] {
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      columns.map((column) => {
        const { name, type, data } = column
        if (type === 'LowCardinality(String)') return [name, column.dictionary[column.data[row]!]]
        if ('nulls' in column && column.nulls[row] === 1) return [name, null]
        const { buffer, byteOffset } = data as Float64Array
        return [
          name,
          new (type.endsWith('Int64)') || type === 'Int64' ? BigInt64Array : BigUint64Array)(
            buffer as ArrayBuffer,
            byteOffset,
            rows,
          )[row],
        ]
      }),
    ),
  )
}

function randomSeries(random: Random): TableRows {
  const table = createSeriesTable()
  const sets = Array.from({ length: 3 }, () =>
    createSinkSet(Array.from({ length: 12 }, (_, i) => `m${i}`).filter(() => random() < 0.6)),
  )
  const runs = Array.from({ length: whole(random, 0, 40) }, (_, i) => {
    const run = createRun(pick(random, ['a', 'b', 'é']), `run ${i}`)
    resolveSeries(
      table,
      run,
      sets.filter(() => random() < 0.6),
    )
    return run
  })
  for (const run of runs)
    for (const slot of run.slots) {
      table.changed[slot] = Number(random() < 0.8)
      for (const field of allSummaryFields)
        writeSummary(table, slot, field, pick(random, [0, 1, 2 ** 40 + 3, whole(random, 0, 1e6)]))
      writeSummary(table, slot, 'firstNonFiniteStep', pick(random, [Number.NaN, -3, 5]))
    }
  return seriesRows(table, runs, 7)
}

test('figures by metric are the rows of series, each once, in the order of their key', async () => {
  const random = createRandom(chosenSeed())
  const figureRows = createFigureRows(async () => {})
  for (let round = 0; round < 30; round++) {
    const series = randomSeries(random)
    const figures = objects(await figureRows(series))
    const expected = objects(series)
      .map((row) => {
        const { run: _, metric: __, last_time: ___, disorder: ____, nan_count, ...rest } = row
        const { positive_infinity_count, negative_infinity_count, first_nonfinite_step, ...shared } = rest
        const count = [nan_count, positive_infinity_count, negative_infinity_count] as bigint[]
        return {
          ...shared,
          nonfinite_count: count.reduce((a, b) => a + b),
          first_nonfinite_step: (first_nonfinite_step as bigint | null) ?? 0n,
        } as Record<string, unknown>
      })
      .sort((a, b) => {
        for (const name of ['project', 'metric_key', 'run_key'])
          if (a[name] !== b[name]) return (a[name] as bigint) < (b[name] as bigint) ? -1 : 1
        return 0
      })
    assert.deepEqual(figures, expected)
  }
})

test('keys are those of the names', async () => {
  const table = createSeriesTable()
  const run = createRun('p', 'r')
  resolveSeries(table, run, [createSinkSet(['x'])])
  table.changed.fill(1)
  const [row] = objects(await createFigureRows(async () => {})(seriesRows(table, [run], 1)))
  assert.deepEqual([row!.run_key, row!.metric_key], [runKey('p', 'r'), metricKey('x')])
})

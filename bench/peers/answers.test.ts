import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peerDataset } from './data.ts'
import { parseHistory } from './mlflow/answers.ts'
import { countValues, createTable, selectSeries } from './questdb/tables.ts'
import { parseExport, parseScalar, sumMetric } from './victoriametrics/answers.ts'

test("an export's lines become one series in the order of time", () => {
  const text =
    '{"metric":{"__name__":"a"},"values":[3,"Infinity"],"timestamps":[30,40]}\n' +
    '{"metric":{"__name__":"a"},"values":[1,null],"timestamps":[10,20]}\n'
  assert.deepEqual(parseExport(text), { times: [10, 20, 30, 40], values: [1, Number.NaN, 3, Number.POSITIVE_INFINITY] })
  assert.deepEqual(parseExport(''), { times: [], values: [] })
})

test('a sum of nothing is nothing', () => {
  const answer = (result: object[]) => JSON.stringify({ status: 'success', data: { resultType: 'vector', result } })
  assert.equal(parseScalar(answer([{ metric: {}, value: [1_750_000_000, '99736'] }])), 99_736)
  assert.equal(parseScalar(answer([])), 0)
})

test('a metric is summed over its labels and not confused with longer names', () => {
  const text = 'vm_active_merges{type="a"} 1\nvm_active_merges{type="b"} 2\nvm_active_merges_total 7\nvm_other 3\n'
  assert.equal(sumMetric(text, 'vm_active_merges'), 3)
  assert.equal(sumMetric(text, 'vm_active_merges_total'), 7)
})

test("MLflow's history has NaN as a word or a string", () => {
  const point = (value: string, timestamp: number) =>
    `{"key": "a", "value": ${value}, "timestamp": ${timestamp}, "step": 0}`
  const text = `{"metrics": [${point('NaN', 2)}, ${point('0.5', 1)}, ${point('"NaN"', 3)}, ${point('-Infinity', 4)}]}`
  const values = [0.5, Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY]
  assert.deepEqual(parseHistory(text), { times: [1, 2, 3, 4], values })
  assert.deepEqual(parseHistory('{}'), { times: [], values: [] })
})

test("QuestDB's tables are asked in their own layout", () => {
  const dataset = peerDataset({ kind: 'shape', shape: 'dense', seed: 1, project: 'p', runs: 300, frames: 300 })
  const narrow = { wide: false, arrival: false }
  assert.equal(
    createTable(dataset, narrow),
    'CREATE TABLE points (run SYMBOL CAPACITY 512, step LONG, metric SYMBOL CAPACITY 256, value DOUBLE, ' +
      'timestamp TIMESTAMP) TIMESTAMP(timestamp) PARTITION BY HOUR WAL',
  )
  assert.equal(countValues(dataset, narrow), 'SELECT count() FROM points WHERE value != null')
  assert.equal(
    selectSeries(dataset, { wide: true, arrival: true }, 3, 0),
    "SELECT cast(logged AS LONG) / 1000, train_loss FROM points WHERE run = 'run-000003' AND train_loss != null ORDER BY logged",
  )
  const wide = countValues(dataset, { wide: true, arrival: true })
  assert.match(wide, /^SELECT sum\(CASE WHEN train_loss != null THEN 1 ELSE 0 END\) \+ sum\(CASE WHEN val_loss /)
})

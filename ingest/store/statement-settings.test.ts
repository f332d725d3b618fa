import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { assertQuestion, withoutSettings } from './statement-settings.ts'

const rows: { is: string; text: string; statement: string; settings: object }[] = [
  { is: 'none', text: 'SELECT 1', statement: 'SELECT 1', settings: {} },
  {
    is: 'at the end, before the format',
    text: 'SELECT 1 SETTINGS max_threads = 1\nFORMAT Native',
    statement: 'SELECT 1 \nFORMAT Native',
    settings: { max_threads: '1' },
  },
  {
    is: 'in a subquery, several of them',
    text: "SELECT * FROM (SELECT a FROM t SETTINGS optimize_read_in_order=0, join_algorithm = 'full_sorting_merge') WHERE b",
    statement: 'SELECT * FROM (SELECT a FROM t ) WHERE b',
    settings: { optimize_read_in_order: '0', join_algorithm: 'full_sorting_merge' },
  },
  {
    is: 'twice the same',
    text: 'SELECT 1 SETTINGS a = 1 UNION ALL SELECT 2 SETTINGS a = 1',
    statement: 'SELECT 1  UNION ALL SELECT 2 ',
    settings: { a: '1' },
  },
  {
    is: 'the word in texts, names and comments',
    text: `SELECT 'SETTINGS a = 1', "SETTINGS b = 2", \`SETTINGS c = 3\` -- SETTINGS d = 4\n/* SETTINGS e = 5 */`,
    statement: `SELECT 'SETTINGS a = 1', "SETTINGS b = 2", \`SETTINGS c = 3\` -- SETTINGS d = 4\n/* SETTINGS e = 5 */`,
    settings: {},
  },
  { is: 'a table of that name', text: 'SELECT * FROM settings', statement: 'SELECT * FROM settings', settings: {} },
]
for (const { is, text, statement, settings } of rows) {
  test(`settings are taken out of a statement: ${is}`, () => {
    assert.deepEqual(withoutSettings(text), { statement, settings })
  })
}

test('one setting cannot have two values', () => {
  assert.throws(
    () => withoutSettings('SELECT 1 SETTINGS a = 1 UNION ALL SELECT 2 SETTINGS a = 2'),
    /sets a to 1 and to 2/,
  )
})

test('only what reads is a question', () => {
  for (const text of ['SELECT 1', ' with 1 as a select a', '(SELECT 1)', 'EXPLAIN SELECT 1', "SELECT 'INTO OUTFILE'"])
    assertQuestion(text)
  for (const text of [
    'KILL QUERY WHERE 1',
    'INSERT INTO t SELECT 1',
    "SELECT 1 INTO OUTFILE 'x'",
    'USE system',
    'SELECTED',
  ])
    assert.throws(() => assertQuestion(text), text)
})

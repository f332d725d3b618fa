import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readInsertHead, readStatement, type Statement } from './statement.ts'

const plain = { several: false, intoOutfile: false }
const rows: [text: string, statement: Statement][] = [
  ['SELECT 1', { ...plain, keyword: 'SELECT' }],
  ['  (select 1) ;; ', { ...plain, keyword: 'SELECT' }],
  ['-- a; b\n/* ; */ #! c\nSELECT 1 -- ; d', { ...plain, keyword: 'SELECT' }],
  ["SELECT 'a;b', \"c;d\", `e;f`, 'it''s;', '\\';' FORMAT Native", { ...plain, keyword: 'SELECT', format: 'Native' }],
  ['SELECT $x$ ; $$ ; $x$', { ...plain, keyword: 'SELECT' }],
  ["SELECT ' FORMAT CSV' AS format", { ...plain, keyword: 'SELECT' }],
  ['SELECT 1; SELECT 2', { ...plain, keyword: 'SELECT', several: true }],
  ["SELECT 1 into outfile 'x'", { ...plain, keyword: 'SELECT', intoOutfile: true }],
  ["SELECT 1 INTO/**/OUTFILE 'x'", { ...plain, keyword: 'SELECT', intoOutfile: true }],
  ["SELECT 'INTO OUTFILE'", { ...plain, keyword: 'SELECT' }],
  ['INSERT INTO t VALUES (1); DROP TABLE t', { ...plain, keyword: 'INSERT' }],
  ['', { ...plain, keyword: '' }],
]

test('a statement is known by its first word, its format, and by what may not be', () => {
  for (const [text, statement] of rows) assert.deepEqual(readStatement(text), statement, text)
})

test('the head of an INSERT whose data follows is taken apart, and no other', () => {
  const heads: [string, ReturnType<typeof readInsertHead>][] = [
    ['INSERT INTO t (a, `b c`) FORMAT Native', { into: 't', columns: 'a, `b c`', format: 'Native' }],
    ['insert into table d.t\nformat JSONEachRow;', { into: 'd.t', format: 'JSONEachRow' }],
    [
      "INSERT INTO t (a) FROM INFILE '/proc/1/fd/2' FORMAT Native",
      { into: 't', columns: 'a', file: '/proc/1/fd/2', format: 'Native' },
    ],
    ["INSERT INTO t from infile '/a b' format Native", { into: 't', file: '/a b', format: 'Native' }],
    ["INSERT INTO t FROM INFILE '/a' COMPRESSION 'gzip' FORMAT Native", undefined],
    ["INSERT INTO t FROM INFILE 'a'' b' FORMAT Native", undefined],
    ['INSERT INTO t VALUES (1)', undefined],
    ['INSERT INTO t SELECT 1 FORMAT Native', undefined],
    ['SELECT 1 FORMAT Native', undefined],
  ]
  for (const [text, head] of heads) assert.deepEqual(readInsertHead(text), head, text)
})

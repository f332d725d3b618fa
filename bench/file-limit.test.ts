import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkFileLimit } from './file-limit.ts'

const directory = mkdtempSync(join(tmpdir(), 'stepstream-limits-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const limits = join(directory, 'limits')
writeFileSync(
  limits,
  'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 4096                 files\n',
)

test('as many connections as the system allows, and no more, with a word about how to raise it', () => {
  checkFileLimit(3_840, 1, limits)
  assert.throws(() => checkFileLimit(3_841, 4, limits), /needs 4097 open files .* allows 4096.*ulimit -Hn 4097/)
  checkFileLimit(1e6, 1, join(directory, 'missing'))
})

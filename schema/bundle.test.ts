import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { bundleIsFresh, type Program, programUrl } from './bundle.ts'

const root = mkdtempSync(join(tmpdir(), 'stepstream-bundle-'))
after(() => rmSync(root, { recursive: true }))

function change(path: string, at: number): void {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, '')
  utimesSync(file, at, at)
}

const used = () => programUrl('server', root)
const compiled = pathToFileURL(join(root, 'dist/server/run.js')).href
const bundle = pathToFileURL(join(root, 'dist/bundle/server.js')).href

test('a program is its bundle unless code was compiled or a package came after it', () => {
  assert.equal(used(), compiled)
  change('dist/bundle/server.js', 1000)
  assert.equal(used(), bundle)
  change('dist/.tsbuildinfo', 1000)
  change('node_modules/.package-lock.json', 900)
  assert.equal(used(), bundle)
  change('dist/.tsbuildinfo', 1001)
  assert.equal(used(), compiled)
  change('dist/bundle/server.js', 1002)
  assert.equal(used(), bundle)
  change('node_modules/.package-lock.json', 1003)
  assert.equal(used(), compiled)
})

test('tests of whole systems run what was built last, bundled as users have it', () => {
  for (const program of ['server', 'thread', 'store'] satisfies Program[])
    assert.ok(bundleIsFresh(program), `${program}: run npm run build`)
})

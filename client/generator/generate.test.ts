import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { buildSchema, parse, validate } from 'graphql'
import { packageFile } from '../../schema/files.ts'
import { generate } from './generate.ts'

test('what is checked in is what the generator makes', async () => {
  for (const [path, text] of await generate())
    assert.equal(readFileSync(packageFile(path), 'utf8'), text, `${path} is stale: npm run client`)
})

test('each operation of the manifest is of the schema', () => {
  const schema = buildSchema(readFileSync(packageFile('schema/api.graphql'), 'utf8'))
  const manifest = JSON.parse(readFileSync(packageFile('client/typescript/generated/operations.json'), 'utf8'))
  const texts = Object.values(manifest as Record<string, string>)
  assert.ok(texts.length >= 20)
  for (const text of texts) assert.deepEqual(validate(schema, parse(text)), [])
})

test('the client needs nothing that a browser has not', () => {
  // Without the types of Node.
  execFileSync(packageFile('node_modules/.bin/tsc'), ['-p', packageFile('client/typescript/tsconfig.json'), '--noEmit'])
})

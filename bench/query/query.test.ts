import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startEmbedded } from '../target.ts'

const directory = mkdtempSync(join(tmpdir(), 'stepstream-query-test-'))
after(() => rmSync(directory, { recursive: true, force: true }))

const sizes = ['--points', '1e5', '--runs', '2000', '--seconds', '0.1', '--clients', '1', '--no-load']
const data = join(directory, 'kept')
const file = (name: string) => join(directory, name)

function bench(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'main.js'), ...args])
  const [stdout, stderr]: [string[], string[]] = [[], []]
  child.stdout.on('data', (chunk) => stdout.push(String(chunk)))
  child.stderr.on('data', (chunk) => stderr.push(String(chunk)))
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout: stdout.join(''), stderr: stderr.join('') }))
  })
}

test('builds the data, finds every answer as brute force has it, and times each line', async () => {
  const files = ['--json', file('result.json'), '--html', file('report.html')]
  const { code, stdout, stderr } = await bench('query', ...sizes, '--data', data, ...files)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /every answer is as brute force has it/)
  const result = JSON.parse(readFileSync(file('result.json'), 'utf8'))
  assert.equal(result.verified, true)
  assert.equal(result.data.built.straightIntoStore.runs, 2_000)
  const kinds = ['curves', 'chart', 'runs']
  assert.deepEqual([...new Set(result.lines.map((line: { group: string }) => line.group))].slice(0, 3), kinds)
  for (const line of result.lines) {
    const { p50, p99, count } = line.measured
    assert.ok(p50 > 0 && p50 <= p99 && count === line.samples && count > 0, line.id)
    assert.ok(line.selectOneMilliseconds > 0 && line.rawScanMilliseconds > 0, line.id)
    assert.ok(line.verified > 0 && line.bytes > 100 && line.serverCpuSecondsPerQuestion >= 0, line.id)
  }
  const [parquet, arrow] = result.exports
  assert.deepEqual([parquet.points, parquet.verified, arrow.points], [1e5, 1e5, 1e5])
  for (const { bytes, pointsPerSecond, residentBytes, residentBytesBefore } of result.exports)
    assert.ok(bytes > 8e5 && pointsPerSecond > 0 && residentBytes >= residentBytesBefore && residentBytesBefore > 0)
  const page = readFileSync(file('report.html'), 'utf8')
  assert.ok(!/<script|<link|src=|@import|url\(|https?:\/\//.test(page))
  assert.ok(page.includes('One series') && !/NaN|undefined|Infinity/.test(page))
})

test('a server that runs already is asked without building; a wrong answer is exit code 1 and no figures', async () => {
  // The tiles are made. Of a server that makes some it takes ten seconds to be sure of that.
  process.env.TILES = 'false'
  const server = await startEmbedded(
    { directory, data: join(data, 'data') },
    { apiKey: undefined, profiledRoles: new Set(), profileDirectory: '' },
  )
  const args = ['query', '--url', server.questionsUrl, ...sizes, '--questions', 'chart']
  const right = await bench(...args, '--json', file('url.json'))
  assert.equal(right.code, 0, right.stderr)
  assert.equal(JSON.parse(readFileSync(file('url.json'), 'utf8')).lines[0].rawScanMilliseconds, null)
  // Of another seed every value is another, so what the server says is wrong.
  const wrong = await bench(...args, '--seed', '2', '--json', file('wrong.json'))
  await server.stop()
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /WRONG ANSWER/)
  assert.ok(!existsSync(file('wrong.json')))
})

test('results are compared by line: exit code 0 when none is worse, 2 when they cannot be compared', async () => {
  const same = await bench('compare', file('result.json'), file('result.json'))
  assert.equal(same.code, 0)
  assert.match(same.stdout, /p50Milliseconds\.curve-1e5-packed-1 .* 1\.000/)
})

test('wrong usage ends with exit code 2', async () => {
  assert.equal((await bench('query', '--points', '10')).code, 2)
  assert.equal((await bench('query', '--questions', 'why')).code, 2)
  const other = await bench('query', ...sizes, '--seed', '3', '--data', data)
  assert.equal(other.code, 2)
  assert.match(other.stderr, /holds other data/)
})

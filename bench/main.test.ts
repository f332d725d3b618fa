import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startFakeServer } from './server.fixture.ts'

const directory = mkdtempSync(join(tmpdir(), 'stepstream-bench-main-'))
after(() => rmSync(directory, { recursive: true, force: true }))

function bench(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.js'), ...args])
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })))
}

test('against a running server: three phases, points read back, a table and a JSON file, exit code 0', async () => {
  const server = await startFakeServer()
  const json = join(directory, 'result.json')
  const args = ['ingest', '--url', server.url, '--points', '30000', '--runs', '10', '--rate', '20000']
  const { code, stdout, stderr } = await bench(...args, '--half-seconds', '1', '--json', json)
  await server.close()
  assert.equal(code, 0, stderr)
  const result = JSON.parse(readFileSync(json, 'utf8'))
  assert.equal(result.points, 30_000)
  assert.equal(result.storedExactly, true)
  assert.equal(result.wireVerification.pointsChecked, 50_000)
  assert.equal(result.rawInsertPointsPerSecond, null)
  assert.ok(result.pointsPerSecond > 0 && result.cpuSecondsPerMillionPoints.load > 0)
  for (const name of [
    'ackMilliseconds',
    'ackAtFullRateMilliseconds',
    'visibleMilliseconds',
    'probeQuestionMilliseconds',
    'curveMilliseconds',
  ]) {
    assert.ok(
      result[name].p50 <= result[name].p99 && result[name].p99 <= result[name].max && result[name].count > 0,
      name,
    )
  }
  assert.match(stdout, /points per second/)
})

test('a refusal for good ends with exit code 1 and its reason', async () => {
  const server = await startFakeServer({ refuse: () => ({ code: 'unauthorized', retryable: false }) })
  const { code, stderr } = await bench('ingest', '--url', server.url, '--points', '30000')
  await server.close()
  assert.equal(code, 1)
  assert.match(stderr, /unauthorized/)
})

test('wrong usage ends with exit code 2 and the help, --help with 0', async () => {
  assert.equal((await bench('ingest', '--shape', 'round')).code, 2)
  assert.equal((await bench('nothing')).code, 2)
  const { code, stdout } = await bench('ingest', '--help')
  assert.equal(code, 0)
  assert.match(stdout, /--half-seconds/)
})

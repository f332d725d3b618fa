import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
const json = join(directory, 'result.json')
const html = join(directory, 'report.html')

test('against a running server: all phases, points read back, a table, a JSON file and a report, exit code 0', async () => {
  const server = await startFakeServer()
  const args = ['ingest', '--url', server.url, '--points', '30000', '--runs', '10', '--rate', '20000']
  const { code, stdout, stderr } = await bench(
    ...args,
    '--half-seconds',
    '1',
    '--generators',
    '2',
    '--json',
    json,
    '--html',
    html,
  )
  await server.close()
  assert.equal(code, 0, stderr)
  const result = read(json)
  assert.equal(result.points, 30_000)
  assert.equal(result.storedExactly, true)
  // Of a third of a second to 20,000 points/s, the full phase, a second of 20,000 and one of half again.
  assert.equal(result.wireVerification.pointsChecked, 3_000 + 30_000 + 20_000 + 26_000)
  assert.equal(result.rawInsertPointsPerSecond, null)
  assert.ok(result.pointsPerSecond > 0 && result.cpuSecondsPerMillionPoints.load > 0)
  const { ramp, full, steady, burst } = result.phases
  for (const [name, latency] of Object.entries({
    ackMilliseconds: result.ackMilliseconds,
    ackAtFullRateMilliseconds: result.ackAtFullRateMilliseconds,
    visibleMilliseconds: result.visibleMilliseconds,
    visibleInKnownRunsMilliseconds: result.visibleInKnownRunsMilliseconds,
    probeQuestionMilliseconds: result.probeQuestionMilliseconds,
    curveMilliseconds: result.curveMilliseconds,
    ramp: ramp.ackMilliseconds,
    burst: burst.ackDuringMilliseconds,
  })) {
    assert.ok(latency.p50 <= latency.p99 && latency.p99 <= latency.max && latency.count > 0, name)
  }
  assert.equal(burst.ackBeforeMilliseconds.count + burst.ackDuringMilliseconds.count, 4 + 12)
  assert.ok(full.pointsPerSecond > 0 && Math.abs(steady.pointsPerSecond - 20_000) < 4_000)
  assert.ok(result.timeline.length > 3)
  assert.match(stdout, /points per second/)
})

test('the report needs nothing else and shows what was measured', () => {
  const page = readFileSync(html, 'utf8')
  assert.ok(!/<script|<link|src=|@import|url\(|https?:\/\//.test(page))
  for (const text of [
    'Points acknowledged',
    'Latency',
    'CPU seconds per million points',
    'acknowledged, in the burst',
  ]) {
    assert.ok(page.includes(text), text)
  }
  assert.ok(!/NaN|undefined|Infinity/.test(page))
})

test('a result is compared with an earlier one: exit code 0 when it is no worse, 3 when a figure is, 2 when it cannot be', async () => {
  const write = (name: string, change: object) => {
    const path = join(directory, name)
    writeFileSync(path, JSON.stringify({ ...read(json), ...change }))
    return path
  }
  assert.equal((await bench('compare', json, json)).code, 0)
  const better = write('better.json', { pointsPerSecond: read(json).pointsPerSecond * 1.2 })
  const { code, stdout } = await bench('compare', better, json)
  assert.equal(code, 3)
  assert.match(stdout, /pointsPerSecond .* 0\.833 {2}WORSE/)
  assert.equal((await bench('compare', better, json, '--tolerance', '0.3')).code, 0)
  assert.equal((await bench('compare', write('other.json', { shape: 'sparse' }), json)).code, 2)
  assert.equal((await bench('compare', json)).code, 2)
  assert.equal((await bench('compare', html, json)).code, 2)
})

test('a refusal for good ends with exit code 1 and its reason', async () => {
  const server = await startFakeServer({ refuse: () => ({ code: 'unauthorized', retryable: false }) })
  const { code, stderr } = await bench('ingest', '--url', server.url, '--points', '30000', '--phases', 'full')
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

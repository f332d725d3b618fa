import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { installed, PeerUnavailable, required, runInstaller } from './cache.ts'
import { lostInWords } from './lost.ts'
import type { PathResult } from './measure.ts'
import { parsePeerCommand, UsageError } from './options.ts'
import { cut, type PeerResult, peerSpec } from './peers.ts'
import { parseStat, treeCpuSeconds, treeOf } from './process-tree.ts'
import { startProgram } from './program.ts'
import { table } from './table.ts'

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-peers-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('a peer with a limit gets fewer frames, of so few runs that each fills its calls', () => {
  const spec = peerSpec('sparse', 10_000_000, 10_000, 1)
  assert.deepEqual([spec.frames, spec.runs], [100_000, 10_000])
  assert.deepEqual(cut(spec, Number.POSITIVE_INFINITY, 1), spec)
  const small = cut(spec, 100_000, 10)
  assert.deepEqual([small.frames, small.runs], [1_000, 100])
})

test('command lines', () => {
  const command = parsePeerCommand(['questdb', '--shape', 'sparse', '--points', '5e6', '--paths', 'all'])
  assert.deepEqual(
    [command.names, command.points, command.runs, command.paths],
    [['questdb'], 5_000_000, 10_000, 'all'],
  )
  assert.deepEqual(parsePeerCommand([]).names, ['victoriametrics', 'questdb', 'mlflow'])
  assert.deepEqual(parsePeerCommand(['--paths', 'csv', '--paths', 'JSON']).paths, ['csv', 'JSON'])
  for (const wrong of [['aim'], ['--shape', 'round'], ['--points', '0'], ['--what']]) {
    assert.throws(() => parsePeerCommand(wrong), UsageError, wrong.join(' '))
  }
})

test('a line of /proc is read whatever the program is called', () => {
  const line = `42 (a) S b) S 7 42 42 0 -1 4194560 1 2 3 4 ${150} ${50} ${25} ${75} 20 0 1 0 100`
  assert.deepEqual(parseStat(line), { pid: 42, parent: 7, cpuSeconds: 3 })
})

test('a tree is a process and all below it', () => {
  const one = (pid: number, parent: number) => ({ pid, parent, cpuSeconds: 1 })
  const all = [one(5, 4), one(1, 0), one(3, 2), one(2, 1), one(4, 3), one(9, 1)]
  assert.deepEqual(
    treeOf(all, 2)
      .map(({ pid }) => pid)
      .sort(),
    [2, 3, 4, 5],
  )
  assert.deepEqual(treeOf(all, 77), [])
  assert.ok(treeCpuSeconds(process.pid) > 0)
})

const alive = (pid: number) => {
  try {
    // A process that has ended and was not collected yet is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('a program that stops takes its workers with it', async (t) => {
  const directory = scratch(t)
  const pidFile = join(directory, 'pid')
  const program = await startProgram({
    name: 'a program with a worker',
    command: '/bin/sh',
    options: ['-c', `(trap '' TERM; exec sleep 60) & echo $! > ${pidFile}; wait`],
    directory,
    logFile: join(directory, 'log'),
    isReady: async () => existsSync(pidFile) && readFileSync(pidFile, 'utf8').endsWith('\n'),
  })
  const worker = Number(readFileSync(pidFile, 'utf8'))
  assert.ok(alive(worker))
  await program.stop()
  for (let i = 0; i < 100 && alive(worker); i++) await sleep(20)
  assert.ok(!alive(worker))
})

test('a program that ends by itself is told with what it printed', async (t) => {
  const directory = scratch(t)
  const wish = {
    name: 'it',
    command: '/bin/sh',
    directory,
    logFile: join(directory, 'log'),
    isReady: async () => false,
  }
  await assert.rejects(startProgram({ ...wish, options: ['-c', 'echo no room'] }), /it did not start.*no room/s)
})

test('a package is filled once, and one that fails leaves nothing', async (t) => {
  const cache = scratch(t)
  let fills = 0
  const one = {
    name: 'thing',
    version: '1.2',
    pins: ['bench/peers/questdb/pom.xml'],
    fill: async (folder: string) => {
      fills++
      await sleep(20)
      writeFileSync(join(folder, 'program'), '')
    },
  }
  await assert.rejects(installed({ ...one, fill: async () => assert.fail('no network') }, cache), /no network/)
  assert.deepEqual(readdirSync(cache), [])
  const folders = await Promise.all([installed(one, cache), installed(one, cache)])
  assert.match(folders[0]!, /thing-1\.2-[0-9a-f]{12}$/)
  assert.equal(folders[0], folders[1])
  const before = fills
  await installed(one, cache)
  assert.equal(fills, before)
  assert.deepEqual(readdirSync(cache).length, 1)
})

test('what is missing is named together with how to get it', () => {
  assert.throws(
    () => required('no-such-program', 'It', 'install it'),
    (error: Error) => {
      assert.ok(error instanceof PeerUnavailable)
      assert.equal(error.message, 'It needs no-such-program, which is not on PATH: install it')
      return true
    },
  )
})

test('an installer that fails is told with the end of its output', async () => {
  await assert.rejects(runInstaller('/bin/sh', ['-c', 'echo no route >&2; exit 3'], tmpdir()), /exit code 3.*no route/s)
})

const comparison = {
  series: 2,
  points: 10,
  exact: 6,
  largestRelativeError: 1.04e-12,
  missing: { nan: 1, infinite: 1, finite: 0 },
  unexpected: 0,
}

const result: PathResult = {
  path: '/write',
  connections: 2,
  sentPoints: 1_000_000,
  points: 999_000,
  seconds: 2,
  sendSeconds: 1.5,
  pointsPerSecond: 499_500,
  cpuSecondsPerMillionPoints: 0.25,
  cpuSecondsPerMillionPointsWithMerges: 12.345,
  clientCpuSecondsPerMillionPoints: 0.1,
  renderCpuSecondsPerMillionPoints: 0.2,
  wireBytesPerPoint: 18.46,
  residentBytes: 2 ** 30,
  bytesPerPoint: 8.125,
  comparison,
}

test('losses are told with what this run showed of them', () => {
  assert.equal(
    lostInWords('steps', result),
    'steps; 1000 of 1000000 points not found; 1 infinities of the sample; 2 of 10 sampled values differ (largest relative error 1.0e-12)',
  )
  const whole = { ...comparison, exact: 10, missing: { nan: 0, infinite: 0, finite: 0 }, largestRelativeError: 0 }
  assert.equal(lostInWords('', { ...result, points: 1_000_000, comparison: whole }), '')
})

test('the table has a row for each way of writing, the fastest with the name', () => {
  const peer: PeerResult = {
    ...result,
    name: 'questdb',
    version: '9.0.3',
    storedExactly: false,
    lost: 'NaN',
    alternatives: [{ ...result, path: '/other' }],
  }
  const lines = table([peer]).split('\n')
  const columns = lines.slice(0, 4).map((line) => line.split('|').length)
  assert.deepEqual(new Set(columns).size, 1)
  assert.equal(
    lines[2],
    '| **questdb 9.0.3** | /write | 2 | 999,000 | 499,500 | 0.250 | 12.3 | 0.100 | 0.200 | 18.5 | 1,024 | 8.13 | 60.0% |',
  )
  assert.match(lines[3]!, /^\| {2}\| \/other \|/)
  assert.equal(lines.at(-1), '- questdb loses: NaN')
})

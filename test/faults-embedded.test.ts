/** The fault harness on the all-in-one server, small: SEED=… replays a run. The big ones are run by hand, see faults/README.md. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultsMain, runFaults } from './faults.fixture.ts'
import { until } from './harness.ts'
import { chosenSeed } from './random.ts'

test('killed ten times under load, it loses, doubles and alters nothing', async () => {
  const seed = chosenSeed()
  const size = ['--points', 200_000, '--runs', 60, '--seed', seed]
  const { code, output, result } = await runFaults(['--log', 'embedded', '--scenario', 'kills', '--kills', 10, ...size])
  assert.equal(code, 0, output)
  const { acked, stored, sent, kills, abandonedStored, missing } = result
  assert.equal(kills.server, 10, output)
  assert.equal(missing, 0)
  assert.ok(acked >= 150_000 && acked <= sent && sent >= 200_000, output)
  assert.equal(stored, acked + abandonedStored)
})

test('stopped, cut off, and with a clock that jumps, it loses, doubles and alters nothing', async () => {
  const seed = chosenSeed()
  const size = ['--points', 100_000, '--runs', 40, '--seed', seed]
  const { code, output, result } = await runFaults(['--log', 'embedded', '--kills', 2, '--ack-cuts', 10, ...size])
  assert.equal(code, 0, output)
  assert.ok(result.cuts.beforeAnswer! >= 10, output)
  assert.ok(result.framesSentAgain > 0, output)
})

test('a wrong command line is told, with exit code 2', async () => {
  const wrong: [args: string[], named: RegExp][] = [
    [[], /--log must be embedded or kafka/],
    [['--log', 'embedded', '--points', 'many'], /--points must be a whole number/],
    [['--log', 'embedded', '--scenario', 'earthquake'], /--scenario must be one of mix, kills/],
    [['--log', 'embedded', '--sink-kills', '3'], /--log embedded has no sink to kill/],
    [['--log', 'embedded', '--scenario', 'broker-stop'], /--scenario broker-stop needs --log kafka/],
    [['--log', 'embedded', '--hurry'], /--hurry/],
  ]
  for (const [args, named] of wrong) {
    const { code, output } = await runFaults(args)
    assert.equal(code, 2, output)
    assert.match(output, named)
  }
})

test('when the harness is killed, nothing that it started stays', async () => {
  const args = [
    '--log',
    'embedded',
    '--scenario',
    'kills',
    '--points',
    '1e9',
    '--kills',
    '0',
    '--rate',
    '10000',
    '--runs',
    '5',
  ]
  // Its folders go where this test can remove them, for a process that is killed cannot.
  const directory = mkdtempSync(join(tmpdir(), 'stepstream-faults-test-'))
  const child = spawn(process.execPath, [faultsMain, ...args], {
    stdio: 'ignore',
    env: { ...process.env, TMPDIR: directory },
  })
  const servers = () => readdirSync('/proc').filter((pid) => isServerIn(pid, directory))
  try {
    await until('a server runs', () => servers().length > 0)
    child.kill('SIGKILL')
    await until('it is gone', () => servers().length === 0)
  } finally {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
})

/** Whether a process of /proc is a server whose data is there. */
function isServerIn(pid: string, directory: string): boolean {
  try {
    const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return program.includes('dist/server/main.cjs') && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(directory)
  } catch {
    return false
  }
}

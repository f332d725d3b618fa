import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const fixture = fileURLToPath(new URL('./tied.fixture.js', import.meta.url))

/** A process that has started `sleep`, what it prints, and the number of the sleeper. */
async function withSleeper(
  seconds: string,
  work: (parent: ChildProcess, nextLine: () => Promise<string>, pid: number) => Promise<void>,
): Promise<void> {
  const parent = fork(fixture, ['sleep', seconds], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  try {
    const lines = createInterface(parent.stdout!)[Symbol.asyncIterator]()
    const nextLine = async () => String((await lines.next()).value)
    await work(parent, nextLine, Number(await nextLine()))
  } finally {
    parent.kill('SIGKILL')
  }
}

/** State and name of a process, such as `S sleep`; empty when it is gone or only its entry is left. */
function stateOf(pid: number): string {
  try {
    const state = execFileSync('ps', ['-o', 'stat=,comm=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    return state.startsWith('Z') ? '' : state
  } catch {
    return ''
  }
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !condition(); await sleep(10)) assert.ok(Date.now() < end, `${what} after 5 s`)
}

/** How many shells the program has left behind: they are of its process group. Those that only wait to be reaped do not count. */
function watchersOf(pid: number): number {
  const rows = execFileSync('ps', ['-A', '-o', 'pgid=,stat=,comm='], { encoding: 'utf8' }).split('\n')
  const fields = rows.map((row) => row.trim().split(/\s+/))
  return fields.filter(([group, state, name]) => group === `${pid}` && !state!.startsWith('Z') && name === 'sh').length
}

test('the process number is that of the program itself', () =>
  withSleeper('100', async (_parent, _nextLine, pid) => {
    await until('it is a shell still', () => stateOf(pid).endsWith('sleep'))
    assert.equal(watchersOf(pid), 1)
  }))

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`the program ends when its parent is ended by ${signal}, even if it is paused`, () =>
    withSleeper('100', async (parent, _nextLine, pid) => {
      await until('it is a shell still', () => stateOf(pid).endsWith('sleep'))
      process.kill(pid, 'SIGSTOP')
      parent.kill(signal)
      await until('it lives', () => stateOf(pid) === '' && watchersOf(pid) === 0)
    }))
}

test('a program that ends by itself is seen to end and leaves no watcher', () =>
  withSleeper('0.2', async (parent, nextLine, pid) => {
    assert.equal(await nextLine(), '0')
    if (parent.exitCode === null) await once(parent, 'exit')
    await until('the watcher lives', () => watchersOf(pid) === 0)
  }))

test('a program that is killed leaves no watcher', () =>
  withSleeper('100', async (_parent, nextLine, pid) => {
    process.kill(pid, 'SIGKILL')
    assert.equal(await nextLine(), 'SIGKILL')
    await until('the watcher lives', () => watchersOf(pid) === 0)
  }))

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { kafkaTestOptions } from './fixture.ts'
import { freePorts } from './ports.ts'

const main = fileURLToPath(new URL('./main.js', import.meta.url))

type Ready = { readonly child: ChildProcess; readonly bootstrap: string[]; readonly pids: number[] }

/** The command line, and what it said when it was ready. */
async function startMain(words: readonly string[]): Promise<Ready> {
  const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  const first = (await createInterface(child.stdout)[Symbol.asyncIterator]().next()).value as string | undefined
  assert.ok(first !== undefined, `it ended before it was ready: ${errors}`)
  const { msg, ...ready } = JSON.parse(first) as { msg: string; bootstrap: string[]; pids: number[] }
  assert.equal(msg, 'ready')
  return { child, ...ready }
}

function runs(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' })
  return stdout.trim() !== '' && !stdout.startsWith('Z')
}

test(
  'it says where Kafka is, stops it at Ctrl-C, leaves no broker when killed, and ends when its broker does',
  await kafkaTestOptions(),
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stepstream-kafka-'))
    const [port] = await freePorts(1)
    const start = () => startMain(['--directory', directory, '--port', `${port}`])
    const running: Ready[] = []
    try {
      const killed = await start()
      running.push(killed)
      assert.deepEqual(killed.bootstrap, [`127.0.0.1:${port}`])
      killed.child.kill('SIGKILL')
      for (const end = Date.now() + 10_000; runs(killed.pids[0]!); await sleep(20)) assert.ok(Date.now() < end)

      const stopped = await start()
      running.push(stopped)
      stopped.child.kill('SIGINT')
      assert.deepEqual(await once(stopped.child, 'exit'), [0, null])
      assert.equal(runs(stopped.pids[0]!), false)

      const bereft = await start()
      running.push(bereft)
      process.kill(bereft.pids[0]!, 'SIGKILL')
      assert.deepEqual(await once(bereft.child, 'exit'), [1, null])
    } finally {
      for (const { child } of running) child.kill('SIGKILL')
      await rm(directory, { recursive: true, force: true, maxRetries: 10 })
    }
  },
)

test('arguments that it does not know are refused', () => {
  for (const wrong of [['--brokers', '2'], ['--port', '70000'], ['--port', 'x'], ['--what'], ['more']]) {
    const { status, stderr } = spawnSync(process.execPath, [main, ...wrong], { encoding: 'utf8' })
    assert.equal(status, 2, stderr)
    assert.match(stderr, /\nnpm run kafka -- /)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepChild } from './child.ts'

const program = (text: string) => ['-e', text]
const says = `console.log(process.env.GREETING); console.log('{"msg":"ready"}');`
const pauseMs = { first: 20, most: 50 }

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 1_000, `waited in vain: ${what}`)
    await sleep(10)
  }
}

test('a child that is killed is started again, its lines under its name, until it is stopped', async () => {
  const lines: string[] = []
  const child = keepChild({
    ...{ name: 'it', environment: { GREETING: 'hello' }, pauseMs, print: (line: string) => void lines.push(line) },
    program: program(`${says} setInterval(() => {}, 1000)`),
  })
  await child.ready
  assert.deepEqual(lines, ['it | hello', 'it | {"msg":"ready"}'])
  const first = child.pid()!
  process.kill(first, 'SIGKILL')
  await until(() => lines.filter((line) => line === 'it | hello').length === 2, 'a second life')
  assert.ok(lines.some((line) => line.startsWith('it | ended unasked (SIGKILL)')))
  const second = child.pid()!
  assert.notEqual(second, first)
  await child.stop()
  await sleep(200)
  assert.equal(child.pid(), undefined)
  assert.throws(() => process.kill(second, 0), /ESRCH/)
  assert.equal(lines.filter((line) => line === 'it | hello').length, 2)
})

test('a child that dies again and again is started with growing pauses, and a stop ends that', async () => {
  const lines: string[] = []
  const child = keepChild({
    ...{ name: 'it', environment: {}, pauseMs, print: (line: string) => void lines.push(line) },
    program: program('process.exit(3)'),
  })
  await until(() => lines.length >= 3, 'three deaths')
  assert.deepEqual(
    lines.slice(0, 3),
    [20, 40, 50].map((ms) => `it | ended unasked (exit code 3); starting it again in ${ms} ms`),
  )
  await child.stop()
  const count = lines.length
  await sleep(300)
  assert.equal(lines.length, count)
})

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClock } from './clock.ts'

const directory = await mkdtemp(join(tmpdir(), 'stepstream-clock-'))
const children: ChildProcess[] = []
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(directory, { recursive: true })
})
const dayMs = 86_400_000
let made = 0
const newClock = () => createClock(join(directory, `offset-${++made}`))

/** A process that evaluates what it is asked. */
function startAnswerer(environment: Readonly<Record<string, string>>) {
  const code = `
    const { createInterface } = require('node:readline')
    createInterface({ input: process.stdin }).on('line', (line) => console.log(JSON.stringify(eval(line) ?? null)))`
  const child = spawn(process.execPath, ['-e', code], {
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return async (question: string): Promise<unknown> => {
    child.stdin.write(`${question.replaceAll('\n', ' ')}\n`)
    return JSON.parse((await lines.next()).value)
  }
}

/** How far its clock is from ours, within 5 s. */
const isOff = (value: unknown, byMs: number) =>
  assert.ok(Math.abs(Number(value) - Date.now() - byMs) < 5_000, `${Number(value) - Date.now()} ms, not ${byMs}`)

test('a step is seen by a running process, forwards, backwards, and added up', async () => {
  const clock = await newClock()
  const ask = startAnswerer(clock.environment)
  isOff(await ask('Date.now()'), 0)
  for (const [byMs, expectedMs] of [
    [dayMs, dayMs],
    [-2 * dayMs, -dayMs],
    [dayMs, 0],
  ] as const) {
    await clock.step(byMs)
    await sleep(60)
    isOff(await ask('Date.now()'), expectedMs)
    assert.equal(clock.offsetMs(), expectedMs)
  }
})

const ways = [
  'Date.now()',
  'new Date().getTime()',
  'Number(new Date())',
  'Date.parse(Date())',
  'Date.parse(new Date().toISOString())',
]
for (const way of ways) {
  test(`${way} is stepped, also right after the start`, async () => {
    const clock = await newClock()
    await clock.step(-dayMs)
    isOff(await startAnswerer(clock.environment)(way), -dayMs)
  })
}

test('the monotonic clock and timers go on', async () => {
  const clock = await newClock()
  const ask = startAnswerer(clock.environment)
  await ask(
    'globalThis.ticks = 0; setInterval(() => ticks++, 5); globalThis.before = [performance.now(), performance.timeOrigin]; 1',
  )
  await clock.step(-dayMs)
  await sleep(100)
  const [elapsedMs, originMs, ticks] = (await ask(
    '[performance.now() - before[0], performance.timeOrigin - before[1], ticks]',
  )) as [number, number, number]
  assert.ok(elapsedMs >= 90 && elapsedMs < 10_000, `${elapsedMs} ms`)
  assert.equal(originMs, 0)
  assert.ok(ticks >= 3, `${ticks} ticks`)
})

test('a Date is as it was otherwise', async () => {
  const clock = await newClock()
  await clock.step(dayMs)
  const ask = startAnswerer(clock.environment)
  const questions: [question: string, answer: unknown][] = [
    ['new Date(5).getTime()', 5],
    ["new Date('2020-01-02T03:04:05Z').toISOString()", '2020-01-02T03:04:05.000Z'],
    ['new Date(2020, 1, 2).getMonth()', 1],
    ['Date.UTC(2020, 0)', 1_577_836_800_000],
    ["Date.parse('1970-01-01T00:00:01Z')", 1000],
    ['new Date() instanceof Date', true],
    ['new Date().constructor === Date', true],
    ["require('node:util').types.isDate(new Date())", true],
    ['new (class extends Date { twice() { return this.getTime() * 2 } })(21).twice()', 42],
    ['structuredClone(new Date(7)) instanceof Date', true],
    ['Number.isNaN(new Date(undefined).getTime())', true],
  ]
  for (const [question, answer] of questions) assert.deepEqual(await ask(question), answer, question)
})

test('asking for the time stays cheap', async (t) => {
  const clock = await newClock()
  const ask = startAnswerer(clock.environment)
  const ns = Number(
    await ask(
      '(() => { const t = performance.now(); for (let i = 0; i < 1e6; i++) Date.now(); return performance.now() - t })()',
    ),
  )
  t.diagnostic(`${ns.toFixed(0)} ns a call`)
  assert.ok(ns < 2_000)
})

test('a Date.now that a program puts in its place is its own affair', async () => {
  const clock = await newClock()
  await clock.step(dayMs)
  const ask = startAnswerer(clock.environment)
  await ask('globalThis.stepped = Date.now; Date.now = () => 42; 1')
  assert.equal(await ask('Date.now()'), 42)
  isOff(await ask('stepped()'), dayMs)
  isOff(await ask('new Date().getTime()'), dayMs)
})

test('a step is a whole number', async () => {
  const clock = await newClock()
  assert.throws(() => clock.step(0.5), /whole milliseconds/)
  assert.throws(() => clock.step(Number.NaN), RangeError)
})

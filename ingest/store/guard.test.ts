import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createLogger } from '../../telemetry/logger.ts'
import { deferred } from '../deferred.fixture.ts'
import { createGuard, type GuardedEngine, type Purpose, thisMoment } from './guard.ts'
import type { SessionRequest, Sessions } from './sessions.ts'

/** An engine that counts what it is told to; `calls` is what the guard asked of it. */
function engineOf() {
  const calls: string[] = []
  const state = { failed: 0, scarce: false, repair: async (_seconds: number) => {}, counting: async () => {} }
  const engine: GuardedEngine = {
    async failedWrites() {
      const { failed } = state
      await state.counting()
      return failed
    },
    isScarce: () => state.scarce,
    assertRoomFor(statement) {
      if (statement === 'too much') throw new Error('no room')
    },
    async stopMerges() {
      calls.push('stop')
    },
    async startMerges() {
      calls.push('start')
    },
    async endStatements() {
      calls.push('end')
    },
    async repair(seconds) {
      calls.push('repair')
      await state.repair(seconds)
    },
  }
  return { calls, state, engine }
}

async function guardOf(context: TestContext, failed = 0) {
  // The looks that nobody asks for come when the test says so.
  context.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] })
  const fake = engineOf()
  const guard = createGuard(fake.engine, createLogger('silent'), { failed, moment: thisMoment() })
  context.after(() => guard.close())
  const run = (
    purpose: Purpose,
    work: (signal: AbortSignal | undefined) => Promise<unknown>,
    request: Partial<SessionRequest> = {},
  ) => {
    const sessions: Sessions = { run: (given) => work(given.signal) as Promise<never>, close: async () => {} }
    const whole = { statement: 'SELECT 1', settings: {}, parameters: {}, ...request }
    return guard.guarded(sessions, purpose).run(whole, async () => {})
  }
  const tick = async (ms: number) => {
    context.mock.timers.tick(ms)
    await turns()
  }
  return { ...fake, run, tick }
}
const turns = async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}
const failed = { code: '75' }

test('an answer counts when no write has failed until it was there', async (context) => {
  const { run, state, calls } = await guardOf(context)
  for (const purpose of ['write', 'look-up', 'question'] as const)
    assert.equal(await run(purpose, async () => purpose), purpose)
  await assert.rejects(
    run('write', () => Promise.reject(new Error('its own'))),
    /its own/,
  )
  for (const purpose of ['write', 'look-up'] as const)
    await assert.rejects(
      run(purpose, async () => {
        state.failed++
      }),
      failed,
    )
  assert.deepEqual(calls, ['stop', 'repair', 'stop', 'repair'])
  assert.equal(await run('write', async () => 'again'), 'again')
})

test('a question is looked at only while there is little room', async (context) => {
  const { run, state, calls } = await guardOf(context)
  const ask = () =>
    run('question', async () => {
      state.failed++
      return 'answer'
    })
  assert.equal(await ask(), 'answer')
  state.scarce = true
  await assert.rejects(ask(), failed)
  assert.deepEqual(calls, ['stop', 'repair'])
})

test('a repair waits for what writes and lets nothing begin', async (context) => {
  const { run, state, calls } = await guardOf(context)
  const writing = deferred()
  const repairing = deferred()
  state.repair = () => repairing.promise
  const slow = run('write', () => writing.promise)
  const alarm = run('write', async () => {
    state.failed++
  })
  await turns()
  assert.deepEqual(calls, ['stop'])
  writing.resolve()
  await turns()
  assert.deepEqual(calls, ['stop', 'repair'])
  const begun: string[] = []
  const later = (['write', 'look-up', 'question'] as const).map((purpose) =>
    run(purpose, async () => begun.push(purpose)),
  )
  await turns()
  assert.deepEqual(begun, [])
  repairing.resolve()
  await assert.rejects(slow, failed)
  await assert.rejects(alarm, failed)
  await Promise.all(later)
  assert.equal(begun.length, 3)
})

test('a look that began before an answer does not serve it', async (context) => {
  const { run, state, calls } = await guardOf(context)
  const counted = deferred()
  state.counting = () => counted.promise
  const first = run('look-up', async () => {})
  await turns()
  // Its look has counted; it has only not come back.
  const second = run('write', async () => {
    state.failed++
  })
  await turns()
  state.counting = async () => {}
  counted.resolve()
  await assert.rejects(second, failed)
  await first.catch(() => {})
  assert.deepEqual(calls, ['stop', 'repair'])
})

test('a repair that fails is tried again before anything is believed', async (context) => {
  const { run, state, calls, tick } = await guardOf(context)
  state.repair = () => Promise.reject(new Error('not now'))
  const write = () => run('write', async () => {})
  state.failed++
  await assert.rejects(write(), /not now/)
  await assert.rejects(write(), /not now/)
  state.repair = async () => {}
  await assert.rejects(write(), failed)
  await write()
  assert.deepEqual(calls, ['stop', 'repair', 'stop', 'repair', 'stop', 'repair'])
  // Only now: while merges are stopped the engine deletes nothing of what they were made of.
  await tick(1_100)
  assert.equal(calls.at(-1), 'start')
})

test('what nobody asked about is looked at once a second, and four times where there is little room', async (context) => {
  const { state, calls, tick } = await guardOf(context)
  state.failed++
  for (let i = 0; i < 3; i++) await tick(250)
  assert.deepEqual(calls, [])
  await tick(250)
  assert.deepEqual(calls, ['stop', 'repair'])
  state.failed++
  state.scarce = true
  await tick(250)
  assert.equal(calls.length, 4)
})

test('merges rest after a repair, and longer when one comes soon after', async (context) => {
  const { run, state, calls, tick } = await guardOf(context)
  const alarm = () =>
    assert.rejects(
      run('write', async () => {
        state.failed++
      }),
      failed,
    )
  const starts = () => calls.filter((call) => call === 'start').length
  await alarm()
  await tick(990)
  assert.equal(starts(), 0)
  await tick(20)
  assert.equal(starts(), 1)
  await alarm()
  await tick(1_500)
  assert.equal(starts(), 1)
  await tick(600)
  assert.equal(starts(), 2)
})

test('what was given up on is told so at once', async (context) => {
  const { run, state } = await guardOf(context)
  const abort = new AbortController()
  const asked = run(
    'look-up',
    async () => {
      state.counting = () => new Promise(() => {})
      abort.abort(new Error('given up'))
      throw abort.signal.reason
    },
    { signal: abort.signal },
  )
  await assert.rejects(asked, /given up/)
  state.counting = async () => {}
})

test('what had failed before does not count, and what fails before the first look does', async (context) => {
  const { run, state, calls } = await guardOf(context, 2)
  state.failed = 3
  await assert.rejects(
    run('write', async () => {}),
    failed,
  )
  await run('write', async () => {})
  assert.deepEqual(calls, ['stop', 'repair'])
})

test('a process that was well before begins without an alarm', async (context) => {
  const { run, state, calls } = await guardOf(context, 2)
  state.failed = 2
  await run('write', async () => {})
  assert.deepEqual(calls, [])
})

test('a question that runs is ended when a write has failed', async (context) => {
  const { run, state } = await guardOf(context)
  const asked = run('question', (signal) => {
    return new Promise((_, reject) => signal!.addEventListener('abort', () => reject(signal!.reason)))
  })
  await turns()
  await assert.rejects(
    run('write', async () => {
      state.failed++
    }),
    failed,
  )
  await assert.rejects(asked, failed)
})

test('a question that has to wait for a repair can be given up', async (context) => {
  const { run, state } = await guardOf(context)
  const repairing = deferred()
  state.repair = () => repairing.promise
  const alarm = run('write', async () => {
    state.failed++
  })
  await turns()
  const abort = new AbortController()
  const asked = run('question', async () => {}, { signal: abort.signal })
  await turns()
  abort.abort(new Error('given up'))
  await assert.rejects(asked, /given up/)
  repairing.resolve()
  await assert.rejects(alarm, failed)
})

test('what writes for long is asked to end', async (context) => {
  const { run, state, calls, tick } = await guardOf(context)
  const writing = deferred()
  const slow = run('write', () => writing.promise)
  const alarm = run('write', async () => {
    state.failed++
  })
  await turns()
  await tick(900)
  assert.deepEqual(calls, ['stop'])
  await tick(200)
  await tick(100)
  assert.deepEqual(calls, ['stop', 'end', 'end'])
  writing.resolve()
  await assert.rejects(slow, failed)
  await assert.rejects(alarm, failed)
})

test('a statement for which there is no room is not begun', async (context) => {
  const { run } = await guardOf(context)
  const work = context.mock.fn(async () => {})
  await assert.rejects(run('write', work, { statement: 'too much' }), /no room/)
  assert.equal(work.mock.callCount(), 0)
})

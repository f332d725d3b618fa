import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createRandom } from '../../test/random.ts'
import { createLife, type Life } from './life.fixture.ts'

/** More than any request is late. */
const longTurns = 5_000

/** What is the end of a life while a request is under way. */
const ends: readonly (readonly [name: string, steps: number, trouble: number, end: (life: Life) => void])[] = [
  ['the request is its last step', 1, 0, () => {}],
  ['it is killed elsewhere while the request is under way', 9, 0, (life) => life.kill()],
  ['it was told of trouble and sent no more', 9, 1, () => {}],
]
for (const [name, steps, trouble, end] of ends) {
  test(`a life is settled when nothing comes late any more: ${name}`, async () => {
    const lives = Array.from({ length: 100 }, (_, seed) => ({
      life: createLife(createRandom(seed), steps, trouble),
      landed: false,
      landedWhenSettled: false,
    }))
    for (const each of lives) {
      const request = () => {
        each.landed = true
      }
      each.life.step(request, { mayComeLate: true, mayFail: true }).catch(() => {})
      end(each.life)
    }
    for (let turn = 0; turn < 10; turn++) await setImmediate()
    const soon = lives.filter(({ landed }) => landed).length
    const settle = async (each: (typeof lives)[number]) => {
      await each.life.settled()
      each.landedWhenSettled = each.landed
    }
    await Promise.all(lives.map(settle))
    for (let turn = 0; turn < longTurns; turn++) await setImmediate()
    assert.ok(lives.filter(({ landed }) => landed).length > soon + 10, 'some come late')
    assert.deepEqual(
      lives.filter(({ landed, landedWhenSettled }) => landed !== landedWhenSettled),
      [],
    )
  })
}

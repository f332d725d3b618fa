import { setImmediate } from 'node:timers/promises'
import { pick, type Random, whole } from '../../test/random.ts'

/**
 * One life of a process that may be killed or held up. Every call it makes to the log or the store is a step; one of them is its last.
 * After that nothing it does has an effect, save what was on its way already.
 */
export type Life = {
  readonly dead: () => boolean
  /** How often a step meets trouble. */
  readonly troubleChance: number
  kill(): void
  /** Holds the process up, requests under way included, until the answer is called. */
  pause(): () => void
  /** Runs `effect` as one step. When it is the last, the effect happens or does not, perhaps late, and no answer comes. */
  step<T>(effect: () => T | Promise<T>, options?: StepOptions): Promise<T>
  /** Whether nothing is on its way that may come late. */
  readonly quiet: () => boolean
  /** Resolves when nothing comes late any more, the last step included. To be called when it is dead or begins no steps any more. */
  settled(): Promise<void>
}

export type StepOptions = {
  /** The effect may still happen after the caller was told of trouble or was killed, as that of a request which a server has already taken. */
  readonly mayComeLate?: boolean
  /** The caller tries again after trouble. */
  readonly mayFail?: boolean
}

/** Turns of the event loop that a request may be late: within one life, or over several. */
const lateTurns = [30, 30, 3_000]

/** What a step comes to when its process was killed: no answer. */
const silence = Symbol('silence')

export function createLife(random: Random, steps: number, troubleChance: number): Life {
  let left = steps
  let dead = false
  let pause: Promise<void> | undefined
  /** Requests that may come late, the ones that came included. */
  const late: Promise<unknown>[] = []
  let onTheWay = 0

  function mind(request: Promise<unknown>): void {
    const landed = () => {
      onTheWay--
    }
    onTheWay++
    request.then(landed, landed)
    late.push(request)
  }

  async function turns(most: number): Promise<void> {
    for (let count = whole(random, 0, most); count > 0; count--) await setImmediate()
    while (pause) await pause
  }

  async function comeLate(effect: () => unknown): Promise<void> {
    for (let count = whole(random, 0, pick(random, lateTurns)); count > 0; count--) await setImmediate()
    // Nobody hears of its trouble any more.
    await Promise.resolve(effect()).catch(() => {})
  }

  /** Settles when the effect has happened or never will. */
  async function live<T>(effect: () => T | Promise<T>, mayComeLate: boolean, mayFail: boolean) {
    await turns(2)
    if (dead) {
      // The request was on its way when the process was killed elsewhere.
      if (mayComeLate && random() < 0.5) await comeLate(effect)
      return silence
    }
    if (--left <= 0) {
      dead = true
      if (random() < 0.3) return silence
      await (mayComeLate ? comeLate(effect) : effect())
      return silence
    }
    const trouble = mayFail && random() < troubleChance
    if (trouble && random() < 0.5) {
      if (mayComeLate && random() < 0.5) mind(comeLate(effect))
      throw new Error('trouble before it was done')
    }
    const result = await effect()
    await turns(2)
    if (dead) return silence
    if (trouble) throw new Error('trouble after it was done')
    return { result }
  }

  return {
    dead: () => dead,
    troubleChance,
    kill() {
      dead = true
    },
    pause() {
      let resume = () => {}
      pause = new Promise((resolve) => {
        resume = () => {
          pause = undefined
          resolve()
        }
      })
      return resume
    },
    quiet: () => onTheWay === 0,
    async settled() {
      // One that is under way may add another.
      for (const request of late) await request.catch(() => {})
    },
    async step(effect, { mayComeLate = false, mayFail = false } = {}) {
      const outcome = dead ? silence : live(effect, mayComeLate, mayFail)
      if (outcome !== silence && mayComeLate) mind(outcome)
      const answer = await outcome
      return answer === silence ? await new Promise(() => {}) : answer.result
    },
  }
}

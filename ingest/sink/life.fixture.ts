import { setImmediate } from 'node:timers/promises'
import { type Random, whole } from '../../test/random.ts'

/**
 * One life of a process that may be killed or held up. Every call it makes to the log or the store is a step; one of them is its last.
 * After that nothing it does has an effect, save what was on its way already.
 */
export type Life = {
  readonly dead: () => boolean
  kill(): void
  /** Holds the process up, requests under way included, until the answer is called. */
  pause(): () => void
  /** Runs `effect` as one step. When it is the last, the effect happens or does not, perhaps late, and no answer comes. */
  step<T>(effect: () => T | Promise<T>, options?: StepOptions): Promise<T>
  /** Resolves when nothing comes late any more. */
  settled(): Promise<void>
}

export type StepOptions = {
  /** The effect may still happen after the caller was told of trouble or was killed, as that of a request which a server has already taken. */
  readonly mayComeLate?: boolean
  /** The caller tries again after trouble. */
  readonly mayFail?: boolean
}

export function createLife(random: Random, steps: number, troubleChance: number): Life {
  let left = steps
  let dead = false
  let pause: Promise<void> | undefined
  const late: Promise<unknown>[] = []
  const silence = <T>() => new Promise<T>(() => {})

  async function turns(most: number): Promise<void> {
    for (let count = whole(random, 0, most); count > 0; count--) await setImmediate()
    while (pause) await pause
  }

  async function comeLate(effect: () => unknown): Promise<void> {
    for (let count = whole(random, 0, 60); count > 0; count--) await setImmediate()
    await effect()
  }

  return {
    dead: () => dead,
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
    async settled() {
      await Promise.all(late)
    },
    async step(effect, { mayComeLate = false, mayFail = false } = {}) {
      if (dead) return await silence()
      await turns(2)
      if (dead) {
        // The request was on its way when the process was killed elsewhere.
        if (mayComeLate && random() < 0.5) await effect()
        return await silence()
      }
      if (--left <= 0) {
        dead = true
        if (random() < 0.3) return await silence()
        if (mayComeLate) for (let count = whole(random, 0, 30); count > 0; count--) await setImmediate()
        await effect()
        return await silence()
      }
      const trouble = mayFail && random() < troubleChance
      if (trouble && random() < 0.5) {
        if (mayComeLate && random() < 0.5) late.push(comeLate(effect))
        throw new Error('trouble before it was done')
      }
      const result = await effect()
      await turns(2)
      if (dead) return await silence()
      if (trouble) throw new Error('trouble after it was done')
      return result
    },
  }
}

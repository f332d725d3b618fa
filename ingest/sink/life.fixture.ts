import { setImmediate } from 'node:timers/promises'
import { type Random, whole } from '../../test/random.ts'

/**
 * One life of a process that will be killed. Every call it makes to the log or the store is a step; one of them is its last.
 * After that nothing it does has an effect, save what was on its way already.
 */
export type Life = {
  readonly dead: () => boolean
  kill(): void
  /** Runs `effect` as one step. When it is the last, the effect happens or does not, perhaps late, and no answer comes. */
  step<T>(effect: () => T | Promise<T>, options?: StepOptions): Promise<T>
}

export type StepOptions = {
  /** A dead process's effect may still happen later, as that of a request which a server has already taken. */
  readonly mayComeLate?: boolean
  /** The caller tries again after trouble. */
  readonly mayFail?: boolean
}

export function createLife(random: Random, steps: number, troubleChance: number): Life {
  let left = steps
  let dead = false
  const silence = <T>() => new Promise<T>(() => {})

  return {
    dead: () => dead,
    kill() {
      dead = true
    },
    async step(effect, { mayComeLate = false, mayFail = false } = {}) {
      if (dead) return await silence()
      await pause(random)
      if (dead) {
        // The request was on its way when the process was killed elsewhere.
        if (mayComeLate && random() < 0.5) await effect()
        return await silence()
      }
      if (--left <= 0) {
        dead = true
        if (random() < 0.3) return await silence()
        if (mayComeLate) for (let turns = whole(random, 0, 30); turns > 0; turns--) await setImmediate()
        await effect()
        return await silence()
      }
      const trouble = mayFail && random() < troubleChance
      if (trouble && random() < 0.5) throw new Error('trouble before it was done')
      const result = await effect()
      await pause(random)
      if (dead) return await silence()
      if (trouble) throw new Error('trouble after it was done')
      return result
    },
  }
}

async function pause(random: Random): Promise<void> {
  for (let turns = whole(random, 0, 2); turns > 0; turns--) await setImmediate()
}

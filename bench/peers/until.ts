import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 20
const patienceMs = 180_000

/** Asks again and again. Throws when it takes longer than any load of ours may, as when points were dropped. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${patienceMs / 1_000} s`)
    await sleep(pollMs)
  }
}

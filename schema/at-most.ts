import { setTimeout as sleep } from 'node:timers/promises'

/** Whether `work` ended within `ms`; it goes on if not. @throws what `work` throws */
export async function atMost(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = new AbortController()
  try {
    const waited = sleep(ms, false, { signal: late.signal }).catch(() => false)
    return await Promise.race([work.then(() => true), waited])
  } finally {
    late.abort()
  }
}

/** What `work` gives within `ms`; it goes on if it is late. @throws what `work` throws, or an Error that says `late` */
export async function inTime<T>(work: Promise<T>, ms: number, late: string): Promise<T> {
  if (!(await atMost(work, ms))) throw new Error(late)
  return await work
}

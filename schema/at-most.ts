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

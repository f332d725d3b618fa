import { setTimeout as sleep } from 'node:timers/promises'
import type { KafkaBroker } from './broker.ts'

/** Time for a broker to write out what it has, and for one that waits for a majority which has already left. */
const stopMs = 30_000
const alonePatienceMs = 1000

/**
 * Stops brokers that are all to stop. The last ones would wait five seconds for a majority of controllers that is gone, so they are killed
 * a second after it went. By then they have closed their logs; at worst their next start checks them.
 */
export async function stopTogether(brokers: readonly KafkaBroker[]): Promise<void> {
  const stops = brokers.map((broker) => broker.stop(stopMs))
  const majority = Math.floor(brokers.length / 2) + 1
  let stopped = 0
  const left = new Promise<void>((resolve) => {
    for (const stop of stops) {
      void stop.then(() => {
        stopped++
        if (stopped === majority) resolve()
      })
    }
  })
  await left
  const done = new AbortController()
  await Promise.race([Promise.all(stops), sleep(alonePatienceMs, undefined, { signal: done.signal })])
  done.abort()
  await Promise.all(brokers.map((broker) => broker.kill()))
}

import { randomInt } from 'node:crypto'
import { isFree } from '../infra/kafka/ports.ts'

const taken = new Set<number>()

/**
 * A free port of 127.0.0.1 that this process gives out once. Below those of outgoing connections, one of which could take it while
 * its node is down, and below those that the Kafka launcher chooses among.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(5_000, 12_000)
    if (taken.has(port)) continue
    taken.add(port)
    if (await isFree(port)) return port
  }
}

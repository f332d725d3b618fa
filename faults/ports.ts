import { randomInt } from 'node:crypto'
import { isFree } from '../infra/kafka/ports.ts'

/** `fetch` refuses to ask some ports, whoever listens there; above 6,697 this one is the last (the fetch standard's "bad ports"). */
const refusedByFetch = 10_080
const taken = new Set<number>([refusedByFetch])

/**
 * A free port of 127.0.0.1 that this process gives out once, and that `fetch` can ask. Below those of outgoing connections, one of
 * which could take it while its node is down, and below those that the Kafka launcher chooses among.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(6_700, 12_000)
    if (taken.has(port)) continue
    taken.add(port)
    if (await isFree(port)) return port
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../test/random.ts'
import type { Client, ClientOptions } from './client.ts'
import { createEncoder } from './encode.ts'
import { createFeed, type Feed } from './feed.ts'
import { createFrameMaker } from './frame.ts'
import { createHttpClient } from './http-client.ts'
import type { Ledger } from './ledger.ts'
import { draw } from './plan.ts'
import { createStreamClient } from './stream-client.ts'

export type LoadOptions = {
  readonly ledger: Ledger
  readonly urls: readonly string[]
  readonly clients: number
  readonly answerTimeoutMs: number
  /** Points/s at most; undefined: as fast as they are taken. */
  readonly rate: number | undefined
  /** Points that may have been sent by now: holds the load back where a fault is to fall into it. */
  readonly allowance: () => number
}

export type Load = {
  /** Resolves when every frame is acknowledged or given up on. */
  readonly finished: Promise<void>
  /** Frames still open; gives up on them. */
  abort(): Promise<number>
}

/** By which door the clients go, by turns. */
const doors = ['stream', 'stream', 'json', 'stream', 'msgpack', 'stream', 'stream', 'msgpack'] as const

export function startLoad(options: LoadOptions): Load {
  const { ledger } = options
  const encoder = createEncoder(ledger.plan, createFrameMaker(ledger.plan))
  const byRate = createLimiter(options.rate, () => ledger.counts.sent)
  const allowance = () => Math.min(byRate(), options.allowance())
  const feeds: Feed[] = []
  const clients: Client[] = []
  const count = Math.min(options.clients, ledger.lanes.length)
  for (let index = 0; index < count; index++) {
    const random = createRandom(draw(ledger.plan.seed, index, 50))
    const lanes = ledger.lanes.filter(({ lane }) => lane.index % count === index)
    const feed = createFeed({ ledger, lanes, random, allowance })
    const { urls, answerTimeoutMs } = options
    const common: ClientOptions = { urls, answerTimeoutMs, feed, ledger, encoder, random }
    const door = doors[index % doors.length]!
    feeds.push(feed)
    clients.push(door === 'stream' ? createStreamClient(common) : createHttpClient({ ...common, format: door }))
  }
  const finished = Promise.all(clients.map((client) => client.finished)).then(() => {})
  return {
    finished,
    async abort() {
      const open = feeds.reduce((sum, feed) => sum + feed.open(), 0)
      for (const client of clients) client.stop()
      await Promise.race([finished, sleep(options.answerTimeoutMs + 2_000)])
      for (const feed of feeds) feed.giveUp()
      return open
    },
  }
}

const burstSeconds = 0.2

/** Points that may have been sent by now at a steady rate; what could not be sent while nothing was taken is not made up for. */
function createLimiter(rate: number | undefined, sent: () => number): () => number {
  if (rate === undefined) return () => Number.POSITIVE_INFINITY
  let granted = 0
  let lastMs = performance.now()
  return () => {
    const nowMs = performance.now()
    granted = Math.min(granted + ((nowMs - lastMs) / 1_000) * rate, sent() + Math.max(1, rate * burstSeconds))
    lastMs = nowMs
    return granted
  }
}

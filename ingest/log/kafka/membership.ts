import type { Consumer, EachBatchPayload, Kafka, Offsets } from 'kafkajs'
import { createCommits } from './commits.ts'
import { createConsumer } from './consumer.ts'
import type { MemberEvents, Membership } from './member.ts'
import type { KafkaOptions } from './options.ts'
import { createPrimer } from './primer.ts'
import { createDeferred, createProof } from './proof.ts'

const leaveMs = 5_000
const restartMs = 1_000
/** Longer than a rebalance and a broker's restart take together. */
const joiningLimitMs = 45_000
/** A member that joins has no reason to send so many. */
const heartbeatsLimit = 20

/**
 * kafkajs's consumer, held to what exactly-once needs of it. Its own `commitOffsets` will not do: after an error it tries
 * again, and if the group was shared out anew meanwhile, it writes a stale commit under the new generation, over that of the
 * partition's new reader; and while the consumer stops it resolves without having committed. The function that
 * `eachBatch` is given commits once, under the generation of the moment it is called; it is called when no joining is under way.
 * It can be had only with a record, so one is read in each life of the consumer, and all partitions are paused but for that.
 */
export function createMembership(kafka: Kafka, options: KafkaOptions, events: MemberEvents): Membership {
  const { topic, logger } = options
  let consumer: Consumer | undefined
  let commitNow: EachBatchPayload['commitOffsetsIfNecessary'] | undefined
  let memberId: string | undefined
  let generation = 0
  let stopped = false
  let joining = createDeferred()
  let restartTimer: NodeJS.Timeout | undefined
  const primer = createPrimer(options, () => consumer)
  const proof = createProof(options.sessionTimeoutMs)
  /** Kafka's number of the generation that was joined last, as heartbeats tell it; undefined before the first. */
  let kafkaGeneration: number | undefined
  let heartbeatsWhileJoining = 0
  let joiningSinceMs = performance.now()
  let watchdog: NodeJS.Timeout | undefined

  function beginJoining(): void {
    if (joining.settled()) {
      joining = createDeferred()
      joiningSinceMs = performance.now()
    }
    heartbeatsWhileJoining = 0
    proof.joining()
  }

  /**
   * When joining fails for trouble with the connection, kafkajs goes on as the member it was, without a word. If Kafka takes
   * its heartbeats under the same generation, that stands; the second was surely sent after the attempt began.
   */
  function onHeartbeat({ groupGenerationId }: { readonly groupGenerationId: number }): void {
    proof.heartbeat()
    if (joining.settled()) {
      kafkaGeneration = groupGenerationId
      return
    }
    heartbeatsWhileJoining++
    if (groupGenerationId === kafkaGeneration && heartbeatsWhileJoining >= 2) {
      logger.info('joining came to nothing; the generation before stands')
      joining.resolve()
    }
  }

  /** Whatever else kafkajs may be waiting for: a new consumer does not. */
  function watch(): void {
    const late = performance.now() - joiningSinceMs > joiningLimitMs || heartbeatsWhileJoining > heartbeatsLimit
    if (stopped || joining.settled() || !late) return
    logger.warn('joining takes too long; beginning anew')
    joiningSinceMs = performance.now()
    const stuck = consumer
    consumer = undefined
    forget()
    void stuck?.disconnect().catch((error: unknown) => logger.debug({ err: error }, 'leaving failed'))
    clearTimeout(restartTimer)
    // It has stopped its heartbeats by now, so that its partitions are given out again.
    restartTimer = setTimeout(restart, options.sessionTimeoutMs)
  }

  async function run(): Promise<void> {
    const joins = () => {
      if (consumer === fresh) beginJoining()
    }
    const fresh = createConsumer(kafka, options, { held: events.held, joining: joins })
    consumer = fresh
    listen(fresh)
    await fresh.connect()
    await fresh.subscribe({ topics: [topic], fromBeginning: true })
    await fresh.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      async eachBatch({ batch, resolveOffset, isStale, commitOffsetsIfNecessary }) {
        if (stopped || consumer !== fresh) return
        commitNow = commitOffsetsIfNecessary
        primer.done()
        if (!isStale()) resolveOffset(batch.lastOffset())
      },
    })
  }

  function listen(fresh: Consumer): void {
    fresh.on(fresh.events.GROUP_JOIN, ({ payload }) => {
      if (stopped || consumer !== fresh) return
      const contiguous = memberId === payload.memberId
      memberId = payload.memberId
      generation++
      kafkaGeneration = undefined
      proof.joined()
      primer.joined()
      events.joined(payload.memberAssignment[topic] ?? [], contiguous)
      joining.resolve()
    })
    fresh.on(fresh.events.HEARTBEAT, ({ payload }) => {
      if (consumer === fresh) onHeartbeat(payload)
    })
    fresh.on(fresh.events.CRASH, ({ payload }) => {
      if (stopped || consumer !== fresh) return
      logger.error({ err: payload.error, restart: payload.restart }, 'the consumer crashed')
      forget()
      if (!payload.restart) restartTimer = setTimeout(restart, restartMs)
    })
  }

  /** Out of the group: whatever comes back comes back as new. */
  function forget(): void {
    memberId = undefined
    commitNow = undefined
    primer.done()
    beginJoining()
    events.left()
  }

  function restart(): void {
    void run().catch((error: unknown) => {
      logger.error({ err: error }, 'the consumer did not start')
      if (!stopped) restartTimer = setTimeout(restart, restartMs)
    })
  }

  const commits = createCommits(
    () => generation,
    async (partitions) => {
      if (!commitNow) throw new Error('the consumer has not read anything yet')
      if (!joining.settled()) throw new Error('the group is being shared out anew')
      const called = performance.now()
      const offsets: Offsets = { topics: [{ topic, partitions: [...partitions] }] }
      await commitNow(offsets)
      proof.committed(called)
    },
  )

  return {
    async start() {
      watchdog = setInterval(watch, 1_000)
      await run()
    },
    settled: () => joining.promise,
    generation: () => generation,
    prime(partition, offset) {
      if (commitNow || stopped) return
      primer.letThrough(partition, offset)
    },
    primed: () => commitNow !== undefined,
    certain: () => joining.settled() && proof.fresh(),
    commit: (partition, kept) => commits({ partition, ...kept }),
    async stop() {
      stopped = true
      clearTimeout(restartTimer)
      clearInterval(watchdog)
      joining.resolve()
      const leaving = consumer?.disconnect().catch((error: unknown) => logger.debug({ err: error }, 'leaving failed'))
      // Leaving lets the others take over at once; a Kafka that is away is not waited for.
      await Promise.race([leaving, new Promise((resolve) => setTimeout(resolve, leaveMs).unref())])
    },
  }
}

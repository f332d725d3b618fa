import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '../../../schema/errors.ts'
import type { Commit, LogPartition, LogReader, PartitionHandler } from '../log.ts'
import { createAsker } from './asker.ts'
import { decodeCommit, encodeCommit, type KeptCommit, sameCommit } from './commit-metadata.ts'
import { createFetcher } from './fetcher.ts'
import type { Membership } from './member.ts'
import { createMembership } from './membership.ts'
import { readCommits, readEnds } from './offsets.ts'
import { createKafkaClient, type KafkaOptions, patient } from './options.ts'
import { createFetched, type Fetched, lostError } from './partition.ts'
import { createRecordSender, type RecordSender } from './producer.ts'
import { deadLetterTopic } from './topic.ts'
import { createTrimmer } from './trimmer.ts'
import { prepareTopics } from './writer.ts'

export type KafkaReader = LogReader & {
  /** Whether it is a member of the group that Kafka answers. */
  healthy(): boolean
  /** Gives all partitions up and leaves the group. */
  close(): Promise<void>
}

/** A partition in this process's hands. */
type Holding = {
  readonly partition: number
  readonly fetched: Fetched
  readonly face: LogPartition
  lost: boolean
  /** The commit found or made last, and those tried since that may have been made. */
  kept: KeptCommit[]
  /** Generation in which it was seen that nobody else has had it. */
  verified: number
}

/** The sink's side of the log in Kafka. Waits for a Kafka that is away. @throws LogMisfit when the topic is not as asked for */
export async function openKafkaReader(options: KafkaOptions): Promise<KafkaReader> {
  const { topic, group, partitions, logger } = options
  const id = await prepareTopics(options)
  const kafka = createKafkaClient(options, patient)
  const ask = createAsker(options)
  const trimmer = createTrimmer(options, ask)
  const fetcher = createFetcher(options)
  const holdings = new Map<number, Holding>()
  let handler: PartitionHandler | undefined
  let letters: RecordSender | undefined
  let marks = 0
  let closed = false
  /** Tells the commits of this process from all others. */
  const instance = randomBytes(6).toString('hex')

  const membership: Membership = createMembership(kafka, options, {
    held: () => [...holdings.keys()],
    joined(assigned, contiguous) {
      for (const holding of [...holdings.values()]) {
        if (!contiguous || !assigned.includes(holding.partition)) lose(holding)
      }
      for (const partition of assigned) {
        const holding = holdings.get(partition)
        if (holding) void verify(holding)
        else hold(partition)
      }
    },
    left: loseAll,
  })

  function hold(partition: number): void {
    const fetched = createFetched(partition, {
      wake() {
        membership.prime(partition, fetched.wants() ?? 0)
        fetcher.wake()
      },
      async bounds() {
        const ends = await ask((admin) => readEnds(admin, topic))
        return ends.get(partition) ?? { low: 0, high: 0 }
      },
      partitions: () => holdings.size,
    })
    const holding: Holding = {
      ...{ partition, fetched, lost: false, kept: [] },
      verified: membership.generation(),
      face: {
        log: id,
        partition,
        committed: () => committed(holding),
        commit: (commit) => commitFor(holding, commit),
        read: (offset, maximumBytes, signal) => fetched.read(offset, maximumBytes, signal),
        end: fetched.end,
        held: () => certain(holding),
        bury: (buried) => bury(holding, buried),
      },
    }
    holdings.set(partition, holding)
    fetcher.add(fetched)
    handler?.assigned(holding.face)
  }

  function lose(holding: Holding): void {
    holding.lost = true
    holdings.delete(holding.partition)
    fetcher.remove(holding.fetched)
    holding.fetched.fail(lostError(holding.partition))
    handler?.lost(holding.face)
  }

  function loseAll(): void {
    for (const holding of [...holdings.values()]) lose(holding)
  }

  function check(holding: Holding): void {
    if (holding.lost) throw lostError(holding.partition)
  }

  const certain = (holding: Holding) =>
    !holding.lost && membership.certain() && holding.verified === membership.generation()

  /** In a generation that this process missed another reader may have had the partition; if it did anything, it committed first. */
  async function verify(holding: Holding): Promise<void> {
    const generation = membership.generation()
    for (;;) {
      const found = await ask((admin) => readCommits(admin, group, topic)).catch(() => undefined)
      if (holding.lost || closed || membership.generation() !== generation) return
      const kept = found?.get(holding.partition)
      if (!kept) {
        await sleep(200)
        continue
      }
      const own = holding.kept.length === 0 || holding.kept.some((each) => sameCommit(each, kept))
      if (own) {
        holding.verified = generation
        return
      }
      logger.warn({ partition: holding.partition }, 'another reader had the partition meanwhile')
      lose(holding)
      hold(holding.partition)
      return
    }
  }

  async function committed(holding: Holding): Promise<Commit> {
    await settled(holding)
    const generation = membership.generation()
    const kept = (await ask((admin) => readCommits(admin, group, topic))).get(holding.partition)
    check(holding)
    if (membership.generation() !== generation) return await committed(holding)
    if (!kept) throw new Refusal('log_unavailable', `Kafka does not say what was committed of ${holding.partition}`)
    const commit = decodeCommit(kept)
    holding.kept = [kept]
    return commit
  }

  /** Resolves when it is known that the partition is this process's in the generation of now, and nothing else is waited for. */
  async function settled(holding: Holding, ready = () => true): Promise<void> {
    for (;;) {
      check(holding)
      await membership.settled()
      check(holding)
      if (holding.verified === membership.generation() && ready()) return
      await sleep(20)
    }
  }

  async function commitFor(holding: Holding, commit: Commit): Promise<void> {
    await settled(holding, membership.primed)
    const kept = encodeCommit(commit, `${instance}-${++marks}`)
    holding.kept.push(kept)
    // Nothing may come between the check and this call, which is for the generation as it is now.
    await membership.commit(holding.partition, kept)
    holding.kept = [kept]
    trimmer.trim(holding.partition, commit.offset)
  }

  async function bury(holding: Holding, buried: Parameters<NonNullable<LogPartition['bury']>>[0]): Promise<void> {
    letters ??= createRecordSender(deadLetterTopic(topic), options)
    for (const letter of buried) {
      check(holding)
      await letters.send(0, letter)
    }
  }

  return {
    id,
    partitions,
    async subscribe(given) {
      handler = given
      await membership.start()
    },
    healthy: () => membership.certain(),
    async close() {
      closed = true
      loseAll()
      fetcher.close()
      await membership.stop()
      await ask.close()
      await letters?.close()
    },
  }
}

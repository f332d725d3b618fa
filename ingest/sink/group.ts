import { setTimeout as sleep } from 'node:timers/promises'
import { createFollowers } from '../../schema/followers.ts'
import type { Logger } from '../../telemetry/logger.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import { type LogPartition, type LogReader, PartitionLost } from '../log/log.ts'
import { createJointInserts } from './joint-inserts.ts'
import { createSinkObserver } from './observer.ts'
import { createSink } from './pipeline.ts'
import { type SinkSettings, sharedSettings } from './settings.ts'
import { withSharedInserts } from './shared-inserts.ts'
import { createSharedParts } from './shared-parts.ts'
import type { Sink, SinkParts } from './sink.ts'
import type { TileBuilder } from './tiles/builder.ts'

/** The sinks of a process: one for each partition that is its to read. */
export type SinkGroup = {
  /** Begins to read whatever the log assigns to this process. Resolves before anything is read. */
  start(): Promise<void>
  /** Resolves when each partition at hand is read or has failed to start once. */
  settled(): Promise<void>
  /** Sinks that read, by partition. */
  serving(): ReadonlyMap<number, Sink>
  /** Partitions at hand that cannot be served at the moment, each with its reason; they are tried again. */
  faults(): ReadonlyMap<number, Error>
  /** Calls back whenever one of them stored more, begins to serve, or cannot any more, until the answer is called. */
  follow(listener: () => void): () => void
  /** Every sink inserts what it has read, stores the summaries and commits. Nothing is lost when one cannot: the next reader does it. */
  stop(): Promise<void>
}

export type SinkGroupParts = Pick<SinkParts, 'lateWrites'> & {
  readonly log: LogReader
  readonly store: SinkParts['store']
  readonly metrics: Metrics
  readonly logger: Logger
  readonly settings: SinkSettings
  readonly announce: boolean
  readonly tiles?: TileBuilder | undefined
  /** Pauses between tries of a partition that cannot be served. */
  readonly retryMs?: { readonly first: number; readonly most: number }
}

/** One partition in this process's hands. */
type Post = {
  readonly partition: LogPartition
  sink: Sink | undefined
  serving: boolean
  fault: Error | undefined
  /** Aborts when the partition is lost or the process stops: no further try. */
  readonly over: AbortController
  /** Resolves when its sink has ended for good. */
  ended: Promise<void>
  readonly tried: Promise<void>
}

/** How much larger than a full block of one partition a joint one may be. */
const jointFactor = 1.5

export function createSinkGroup(parts: SinkGroupParts): SinkGroup {
  const { log, metrics, logger, settings, announce, tiles, lateWrites } = parts
  const retryMs = parts.retryMs ?? { first: 1_000, most: 30_000 }
  const observe = createSinkObserver(metrics)
  const shared = createSharedParts()
  const common = { observe, store: withSharedInserts(parts.store), lateWrites, ...shared }
  const mostRows = settings.blockRows * jointFactor
  const joint = log.partitions > 1 ? createJointInserts({ ...common, logger, mostRows }) : undefined
  const posts = new Map<number, Post>()
  /** By partition, the last post's end: the next one waits for it. */
  const ends = new Map<number, Promise<void>>()
  const followers = createFollowers()
  let stopping = false
  const ownSettings = sharedSettings(settings, () => posts.size)
  const count = (which: (post: Post) => boolean) => () => [...posts.values()].filter(which).length
  metrics.gauge(
    'stepstream_sink_partitions',
    'Partitions that this process stores.',
    count((post) => post.serving),
  )
  metrics.gauge(
    'stepstream_sink_faulty_partitions',
    'Partitions that are this process’s to store and that it cannot.',
    count((post) => post.fault !== undefined),
  )

  function assigned(partition: LogPartition): void {
    if (stopping) return
    const number = partition.partition
    let firstTried = () => {}
    const tried = new Promise<void>((resolve) => {
      firstTried = resolve
    })
    const over = new AbortController()
    const post: Post = {
      ...{ partition, sink: undefined, serving: false, fault: undefined, over, tried },
      ended: tried,
    }
    posts.get(number)?.over.abort()
    posts.set(number, post)
    // A partition that comes back waits until its old sink has let go of it.
    post.ended = (ends.get(number) ?? Promise.resolve()).then(() => serve(post, firstTried)).finally(firstTried)
    ends.set(number, post.ended)
  }

  function lost(partition: LogPartition): void {
    const post = posts.get(partition.partition)
    if (post?.partition !== partition) return
    logger.info({ partition: partition.partition }, 'partition lost')
    forget(post)
  }

  function forget(post: Post): void {
    if (posts.get(post.partition.partition) === post) posts.delete(post.partition.partition)
    post.serving = false
    post.fault = undefined
    post.over.abort()
    post.sink?.abandon()
    followers.tell()
  }

  /** Has the partition stored until it is lost or the process stops, however often that fails. */
  async function serve(post: Post, tried: () => void): Promise<void> {
    const { partition, over } = post
    for (let attempt = 0; !over.signal.aborted; attempt++) {
      const sink = createSink({
        ...{ ...common, joint, partition, partitions: log.partitions, settings: ownSettings, logger, announce, tiles },
        onProgress: followers.tell,
      })
      post.sink = sink
      const began = performance.now()
      const started = sink.start().then(
        () => {
          post.serving = !over.signal.aborted
          post.fault = undefined
          followers.tell()
          tried()
          adopt(partition.partition, sink).catch((error: unknown) => {
            if (!over.signal.aborted) logger.warn({ err: error }, 'series without tiles were not looked for')
          })
        },
        // `ended` tells it too.
        () => {},
      )
      const [error] = await Promise.all([sink.ended, started])
      post.serving = false
      if (error === undefined) return
      if (error instanceof PartitionLost) return forget(post)
      post.fault = error
      followers.tell()
      tried()
      logger.fatal({ err: error, partition: partition.partition }, 'a partition of the log cannot be stored')
      // One that worked for long begins anew with short pauses.
      if (performance.now() - began > 10 * retryMs.most) attempt = 0
      await sleep(Math.min(retryMs.most, retryMs.first * 2 ** attempt), undefined, { signal: over.signal }).catch(
        () => {},
      )
    }
  }

  /** Once the summaries go as far as what the sink found stored, series that lack tiles are looked for. */
  async function adopt(partition: number, sink: Sink): Promise<void> {
    if (!tiles) return
    if (sink.storedOffset() >= 0) await sink.reached(sink.storedOffset(), true)
    await tiles.adopt({ partition, partitions: log.partitions }, sink.flushedOffset())
  }

  async function stopPost(post: Post): Promise<void> {
    post.over.abort()
    await post.sink?.stop().catch((error: unknown) => {
      logger.warn(
        { err: error, partition: post.partition.partition },
        'stopped short; the next start goes on from there',
      )
    })
    await post.ended
  }

  return {
    start: () => log.subscribe({ assigned, lost }),
    async settled() {
      await Promise.all([...posts.values()].map((post) => post.tried))
    },
    serving() {
      const sinks = new Map<number, Sink>()
      for (const [number, post] of posts) if (post.serving && post.sink) sinks.set(number, post.sink)
      return sinks
    },
    faults() {
      const faults = new Map<number, Error>()
      for (const [number, post] of posts) if (post.fault) faults.set(number, post.fault)
      return faults
    },
    follow: followers.follow,
    async stop() {
      stopping = true
      await Promise.all([...posts.values()].map(stopPost))
      await Promise.all(ends.values())
      shared.batches.end()
    },
  }
}

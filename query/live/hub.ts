import type { GraphQLError } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { Progress, ReadOptions, StoreReader, Watermark } from '../../schema/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { createArrivals } from './arrivals.ts'
import { createLoader } from './loader.ts'
import { createLoop } from './loop.ts'
import type { LiveMeasures } from './measures.ts'
import type { Cut } from './position.ts'
import { shuttingDown, tooManyViewers } from './refusals.ts'
import { readRunChanges } from './runs-follow.ts'
import { followSeries } from './series-follow.ts'
import type { Moment } from './topic.ts'
import { createTopics, type Subscription } from './topics.ts'
import { createUnsent, createViewer, type Unsent, type Viewer } from './viewer.ts'
import { createWatchedSeries } from './watched.ts'

export type Hub = {
  /** @throws TOO_MANY_VIEWERS, TOO_MANY_WATCHED, BAD_CURSOR, SHUTTING_DOWN; StoreTrouble while the store is not there yet */
  open(subscription: Subscription): Viewer
  readonly unsent: Unsent
  /** Viewers are told, and get nothing more. */
  stop(): void
}

export type HubParts = {
  readonly reader: StoreReader
  readonly watermark: Watermark
  readonly progress: Progress
  readonly readOptions: ReadOptions
  readonly logger: Logger
  readonly measures: LiveMeasures
  failureOf(error: unknown): GraphQLError
  /** Shortest time between two looks at the store, ms; and a look may take two thirds of the time. */
  readonly restMs: number
}

const restAfterFailureMs = 1_000
/** How often viewers are looked after, ms. */
const careMs = 1_000
/** A subscription that nobody takes the events of ends after this, ms. */
const attachMs = 5_000

/**
 * All that is watched in this process. One loop, driven by the store's progress and by nothing else, brings every watched series and list of
 * runs up to the same moment; then each viewer that takes events gets one, made once for all that stand where it does.
 */
export function createHub(parts: HubParts): Hub {
  const { reader, progress, readOptions, logger, measures } = parts
  const series = createWatchedSeries()
  const viewers = new Set<Viewer>()
  const unsent = createUnsent()
  const arrivals = createArrivals(() => moment.cut)
  let moment: Moment = { log: '', cut: [], flushed: [] }
  let unfollow: (() => void) | undefined
  let movedMs: number | undefined
  let isFailing = false
  let isOver = false

  const topics = createTopics(
    { reader, readOptions, series, moment: () => moment, watermarkTimeMs: () => parts.watermark.currentTimeMs() },
    arrivals.wait,
  )
  const loader = createLoader({
    ...{ reader, readOptions, all: () => series.all.values() },
    cut: () => furthest(moment, progress.progress()).cut,
    loaded: () => loop.wake(),
    failed(some, error) {
      const failure = parts.failureOf(error)
      const users = new Set(some.flatMap((one) => [...one.users]))
      for (const viewer of [...viewers]) {
        const { user } = viewer.channel.topic
        if (user && users.has(user)) viewer.end(failure)
      }
    },
  })
  const loop = createLoop(tick, (tookMs, failed) => (failed ? restAfterFailureMs : Math.max(parts.restMs, tookMs / 2)))

  async function tick(): Promise<void> {
    const begin = performance.now()
    const seenMs = movedMs
    movedMs = undefined
    try {
      await lookOnce()
      if (isFailing) logger.info('the store answers those who watch again')
      isFailing = false
    } catch (error) {
      if (!isFailing) logger.warn({ err: error }, 'a look at the store for those who watch failed; trying again')
      isFailing = true
      throw error
    }
    measures.tick((performance.now() - begin) / 1000)
    if (seenMs !== undefined) measures.lag((performance.now() - seenMs) / 1000)
  }

  async function lookOnce(): Promise<void> {
    const target = furthest(moment, progress.progress())
    loader.load()
    const lists = topics.runs()
    const passage = { after: moment.cut, upTo: target.cut, flushedAfter: moment.flushed, flushedUpTo: target.flushed }
    const watches = lists.map(({ watch }) => watch)
    const runs = await readRunChanges(reader, watches, passage, readOptions)
    const changed = await followSeries(reader, series.all.values(), target.cut, readOptions)
    moment = target
    for (const [i, list] of lists.entries()) list.add(runs[i])
    for (const one of changed) for (const user of one.users) user.touch()
    topics.advance()
    arrivals.look()
    for (const viewer of viewers) viewer.pump()
  }

  const care = setInterval(() => {
    const now = performance.now()
    arrivals.look()
    topics.forget()
    for (const viewer of [...viewers]) if (!viewer.isAttached() && now - viewer.openedMs > attachMs) viewer.leave()
    if ([...series.all.values()].some((one) => one.loading)) loop.wake()
  }, careMs)
  care.unref()

  function begin(): void {
    if (moment.cut.length === 0) moment = furthest(moment, progress.progress())
    unfollow ??= progress.follow(() => {
      movedMs ??= performance.now()
      loop.wake()
    })
  }

  function rest(): void {
    if (!topics.isEmpty()) return
    unfollow?.()
    unfollow = undefined
  }

  measures.watch({ viewers: () => viewers.size, series: () => series.all.size, unsent: unsent.bytes })
  return {
    unsent,
    open(subscription) {
      if (isOver) throw shuttingDown()
      if (viewers.size >= limits.liveViewers) throw tooManyViewers()
      begin()
      const channel = topics.channelOf(subscription)
      const { after } = subscription
      try {
        if (after !== undefined) channel.topic.positionOf(after)
      } catch (error) {
        topics.drop(channel)
        rest()
        throw error
      }
      channel.users++
      function gone(viewer: Viewer): void {
        viewers.delete(viewer)
        channel.users--
        topics.drop(channel)
        rest()
      }
      const viewer = createViewer({ channel, after, unsent, sent: measures.sent, failureOf: parts.failureOf, gone })
      viewers.add(viewer)
      loop.wake()
      return viewer
    },
    stop() {
      isOver = true
      loop.stop()
      clearInterval(care)
      for (const viewer of [...viewers]) viewer.end(shuttingDown())
      arrivals.stop()
    },
  }
}

/** The store never goes back; where it seems to, a sink has just begun anew. */
function furthest(moment: Moment, { log, stored, flushed }: ReturnType<Progress['progress']>): Moment {
  const most = (a: Cut, b: Cut) => b.map((offset, partition) => Math.max(offset, a[partition] ?? -1))
  return { log, cut: most(moment.cut, stored), flushed: most(moment.flushed, flushed) }
}

import type { GraphQLError } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { Progress, ReadOptions, StoreReader, Watermark } from '../../schema/store.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { type Channel, createChannel } from './channel.ts'
import { createLoader } from './loader.ts'
import { createLoop } from './loop.ts'
import type { LiveMeasures } from './measures.ts'
import { type Cut, parsePosition } from './position.ts'
import { shuttingDown, tooManyViewers } from './refusals.ts'
import { followSeries } from './series-follow.ts'
import { createSeriesTopic } from './series-topic.ts'
import type { LiveEvent, Moment, Topic } from './topic.ts'
import { createUnsent, createViewer, type Unsent, type Viewer } from './viewer.ts'
import { createWatchedSeries, type SeriesWatch } from './watched.ts'

/** What a subscription asks for, and for which fields of it. */
export type Subscription = {
  readonly watch: { readonly series: SeriesWatch }
  /** Names the selection: those of one name get the same bytes. */
  readonly selection: string
  readonly after: string | undefined
  render(event: LiveEvent): Promise<Buffer> | Buffer
}

export type Hub = {
  /** @throws TOO_MANY_VIEWERS, TOO_MANY_WATCHED, SHUTTING_DOWN; StoreTrouble while the store is not there yet */
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
  /** Shortest time between two looks at the store, ms; and a look may take half of the time. */
  readonly restMs: number
}

const restAfterFailureMs = 1_000
/** How often viewers are looked after, ms. */
const careMs = 1_000
/** A viewer that came with an id waits so long for the store to come to it, ms. */
const reachMs = 10_000
/** A subscription that nobody takes the events of ends after this, ms. */
const attachMs = 5_000

/**
 * All that is watched in this process. One loop, driven by the store's progress and by nothing else, brings every watched series and list of
 * runs up to the same moment; then each viewer that takes events gets one, made once for all that stand where it does.
 */
export function createHub(parts: HubParts): Hub {
  const { reader, progress, readOptions, logger, measures } = parts
  const series = createWatchedSeries()
  const topics = new Map<string, { topic: Topic; channels: Map<string, Channel> }>()
  const viewers = new Set<Viewer>()
  const unsent = createUnsent()
  const waiting = new Set<{ cut: Cut; resolve: (reached: boolean) => void; untilMs: number }>()
  let moment: Moment = { log: '', cut: [], flushed: [] }
  let unfollow: (() => void) | undefined
  let movedMs: number | undefined
  let isFailing = false
  let isOver = false

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

  async function tick(): Promise<void> {
    const begin = performance.now()
    const seenMs = movedMs
    movedMs = undefined
    try {
      const target = furthest(moment, progress.progress())
      loader.load()
      const changed = await followSeries(reader, series.all.values(), target.cut, readOptions)
      moment = target
      for (const one of changed) for (const user of one.users) user.touch()
      tellAll()
      if (isFailing) logger.info('live: the store answers again')
      isFailing = false
    } catch (error) {
      if (!isFailing) logger.warn({ err: error }, 'live: a look at the store failed; trying again')
      isFailing = true
      throw error
    } finally {
      measures.tick((performance.now() - begin) / 1000)
      if (seenMs !== undefined && !isFailing) measures.lag((performance.now() - seenMs) / 1000)
    }
  }

  function tellAll(): void {
    for (const { topic, channels } of topics.values())
      if (topic.advance()) for (const channel of channels.values()) channel.forget()
    for (const one of waiting) if (isReached(one.cut)) settle(one, true)
    for (const viewer of viewers) viewer.pump()
  }

  const loop = createLoop(tick, (tookMs, failed) => (failed ? restAfterFailureMs : Math.max(parts.restMs, tookMs)))

  const isReached = (cut: Cut) => cut.every((offset, partition) => offset <= (moment.cut[partition] ?? -1))

  function settle(one: { resolve: (reached: boolean) => void }, reached: boolean): void {
    waiting.delete(one as never)
    one.resolve(reached)
  }

  function reached(cut: Cut): Promise<boolean> {
    if (isReached(cut)) return Promise.resolve(true)
    return new Promise((resolve) => waiting.add({ cut, resolve, untilMs: performance.now() + reachMs }))
  }

  const care = setInterval(() => {
    const now = performance.now()
    for (const one of [...waiting]) if (now > one.untilMs) settle(one, false)
    for (const { channels } of topics.values()) for (const channel of channels.values()) channel.forget()
    for (const viewer of [...viewers]) if (!viewer.isAttached() && now - viewer.openedMs > attachMs) viewer.leave()
    if ([...series.all.values()].some((one) => one.loading)) loop.wake()
  }, careMs)
  care.unref()

  function begin(): void {
    moment = furthest(moment, progress.progress())
    unfollow ??= progress.follow(() => {
      movedMs ??= performance.now()
      loop.wake()
    })
  }

  function gone(viewer: Viewer): void {
    viewers.delete(viewer)
    viewer.channel.users--
    drop(viewer.channel)
  }

  /** Ends a channel, its topic and the following of progress that nobody uses any more. */
  function drop(channel: Channel): void {
    if (channel.users > 0) return
    const entry = topics.get(channel.topicKey)!
    entry.channels.delete(channel.key)
    if (entry.channels.size > 0) return
    topics.delete(channel.topicKey)
    entry.topic.end()
    if (topics.size > 0) return
    unfollow?.()
    unfollow = undefined
  }

  function channelOf({ watch, selection, render }: Subscription): Channel {
    const topicKey = JSON.stringify(watch)
    let entry = topics.get(topicKey)
    if (!entry) {
      const shared = {
        reader,
        readOptions,
        moment: () => moment,
        watermarkTimeMs: () => parts.watermark.currentTimeMs(),
      }
      entry = { topic: createSeriesTopic(watch.series, { ...shared, series }), channels: new Map() }
      topics.set(topicKey, entry)
    }
    let channel = entry.channels.get(selection)
    if (!channel) {
      channel = createChannel({ key: selection, topicKey, topic: entry.topic, reached, render })
      entry.channels.set(selection, channel)
    }
    return channel
  }

  measures.watch({ viewers: () => viewers.size, series: () => series.all.size, unsent: () => unsent.bytes() })
  return {
    unsent,
    open(subscription) {
      if (isOver) throw shuttingDown()
      if (viewers.size >= limits.liveViewers) throw tooManyViewers()
      begin()
      const channel = channelOf(subscription)
      const { after } = subscription
      try {
        if (after !== undefined) parsePosition(after, channel.topic.question)
      } catch (error) {
        drop(channel)
        throw error
      }
      channel.users++
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
      for (const one of [...waiting]) settle(one, false)
    },
  }
}

/** The store never goes back; where it seems to, a sink has just begun anew. */
function furthest(moment: Moment, { log, stored, flushed }: ReturnType<Progress['progress']>): Moment {
  const most = (a: Cut, b: Cut) => b.map((offset, partition) => Math.max(offset, a[partition] ?? -1))
  return { log, cut: most(moment.cut, stored), flushed: most(moment.flushed, flushed) }
}

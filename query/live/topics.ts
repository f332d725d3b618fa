import { limits } from '../../schema/limits.ts'
import { type Channel, createChannel } from './channel.ts'
import type { Cut } from './position.ts'
import { tooManyWatched } from './refusals.ts'
import type { RunsWatch } from './runs-follow.ts'
import { createRunsTopic, type RunsTopic } from './runs-topic.ts'
import { createSeriesTopic, type SeriesTopicParts } from './series-topic.ts'
import type { LiveEvent, Topic } from './topic.ts'
import type { SeriesWatch } from './watched.ts'

/** What a subscription asks for, and for which fields of it. */
export type Subscription = {
  readonly watch: Watch
  /** Names the selection: those of one name get the same bytes. */
  readonly selection: string
  readonly after: string | undefined
  render(event: LiveEvent): Promise<Buffer> | Buffer
}

export type Watch = { readonly series: SeriesWatch } | { readonly runs: RunsWatch }

/** All questions that somebody watches, with their channels. */
export type Topics = {
  /** The channel of a subscription, which has to be dropped when it is of no use. @throws TOO_MANY_WATCHED */
  channelOf(subscription: Subscription): Channel
  /** Ends a channel and its topic if nobody uses them any more. */
  drop(channel: Channel): void
  runs(): RunsTopic[]
  /** Every topic goes on to its next version, if it has one. */
  advance(): void
  /** Forgets events that were made, so that they do not stay in memory. */
  forget(): void
  isEmpty(): boolean
}

export function createTopics(parts: SeriesTopicParts, reached: (cut: Cut) => Promise<boolean>): Topics {
  type Entry = { readonly topic: Topic; readonly runs: RunsTopic | undefined; readonly channels: Map<string, Channel> }
  const entries = new Map<string, Entry>()
  const runs = () => [...entries.values()].flatMap((entry) => entry.runs ?? [])

  function create(watch: Watch): Entry {
    if ('series' in watch) {
      return { topic: createSeriesTopic(watch.series, parts), runs: undefined, channels: new Map() }
    }
    if (runs().length >= limits.liveFilters) throw tooManyWatched()
    const topic = createRunsTopic(watch.runs, parts)
    return { topic, runs: topic, channels: new Map() }
  }

  return {
    runs,
    isEmpty: () => entries.size === 0,
    channelOf({ watch, selection, render }) {
      const topicKey = JSON.stringify(watch)
      const entry = entries.get(topicKey) ?? create(watch)
      entries.set(topicKey, entry)
      const known = entry.channels.get(selection)
      if (known) return known
      const channel = createChannel({ key: selection, topicKey, topic: entry.topic, reached, render })
      entry.channels.set(selection, channel)
      return channel
    },
    drop(channel) {
      if (channel.users > 0) return
      const entry = entries.get(channel.topicKey)!
      entry.channels.delete(channel.key)
      if (entry.channels.size > 0) return
      entries.delete(channel.topicKey)
      entry.topic.end()
    },
    advance() {
      for (const { topic, channels } of entries.values())
        if (topic.advance()) for (const channel of channels.values()) channel.forget()
    },
    forget() {
      for (const { channels } of entries.values()) for (const channel of channels.values()) channel.forget()
    },
  }
}

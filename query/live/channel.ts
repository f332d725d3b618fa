import type { Cut } from './position.ts'
import type { From, LiveEvent, Topic } from './topic.ts'

/** An event as it goes out: made once for all viewers that are where this one is. */
export type Payload = {
  /** The event's id. */
  readonly id: string
  /** The execution result as JSON, in UTF-8. */
  readonly json: Buffer
  readonly version: number
  readonly cut: Cut
  /** The same as a message of an event stream, once somebody wants it. */
  sse?: Buffer
}

/** Where a viewer stands in its channel. */
export type Standing = {
  /** Version it was last told of; 0: none. */
  version: number
  cut: Cut | undefined
  /** Id of the event it came with, until it was told something. */
  after: string | undefined
}

/** A topic with one selection of its fields: what is alike for all its viewers. */
export type Channel = {
  readonly key: string
  readonly topicKey: string
  readonly topic: Topic
  /** Whether there is something to tell a viewer. */
  isBehind(standing: Standing): boolean
  /** Undefined when it cannot be told now: there will be another version. Fails when the fields' own questions do. */
  payload(standing: Standing): Promise<Payload | undefined>
  /** What was made for the version before is of no use any more. */
  forget(): void
  users: number
}

export type ChannelParts = {
  readonly key: string
  readonly topicKey: string
  readonly topic: Topic
  /** Resolves with true when the process has come to a place in the log, with false when it does not come there soon. */
  reached(cut: Cut): Promise<boolean>
  /** The selection of an event, as JSON. */
  render(event: LiveEvent): Promise<Buffer> | Buffer
}

export function createChannel({ key, topicKey, topic, reached, render }: ChannelParts): Channel {
  const made = new Map<string, Promise<Payload | undefined>>()

  async function make(standing: Standing): Promise<Payload | undefined> {
    const from = await fromOf(standing)
    // While it waited the topic may have gone on.
    if (!topic.isReady()) return undefined
    const version = topic.version()
    const missed = standing.version === 0 ? 0 : Math.max(0, version - standing.version - 1)
    const event = topic.event(from, missed)
    return { id: event.id, json: await render(event), version, cut: event.cut }
  }

  async function fromOf({ cut, after, version }: Standing): Promise<From> {
    if (version > 0 || after === undefined) return { cut, version }
    const position = topic.positionOf(after)
    return (await reached(position.stored)) ? await topic.catchUp(position) : { cut: undefined, version: 0 }
  }

  return {
    key,
    topicKey,
    topic,
    users: 0,
    isBehind: ({ version }) => topic.version() > version,
    payload(standing) {
      const kind = standing.version > 0 ? `v ${standing.version}` : `after ${standing.after ?? ''}`
      let payload = made.get(kind)
      if (!payload) {
        payload = make(standing)
        made.set(kind, payload)
        // One that could not be made is tried again by whoever asks next.
        const drop = () => {
          if (made.get(kind) === payload) made.delete(kind)
        }
        payload.then((one) => one ?? drop(), drop)
      }
      return payload
    },
    forget: () => made.clear(),
  }
}

import type { GraphQLError } from 'graphql'
import { limits } from '../../schema/limits.ts'
import type { Channel, Payload, Standing } from './channel.ts'

/** Where a viewer's events go: one subscription of a WebSocket, or an event stream. */
export type Outlet = {
  /** Whether it takes an event now. When it does again it calls `pump`. */
  isReady(): boolean
  send(payload: Payload): void
  /** No more events: with why, or undefined when the viewer is only to come again. */
  end(failure: GraphQLError | undefined): void
}

/** One subscription of one client. It never holds events: what it missed is made anew from where it stands. */
export type Viewer = {
  readonly channel: Channel
  /** Events go here from now on. */
  attach(outlet: Outlet): void
  readonly isAttached: () => boolean
  /** Sends what there is, if the outlet takes it. */
  pump(): void
  /** It does not want any more. */
  leave(): void
  /** It gets no more; `failure` says why, if there is a why. */
  end(failure: GraphQLError | undefined): void
  readonly openedMs: number
}

export type ViewerParts = {
  readonly channel: Channel
  readonly after: string | undefined
  readonly unsent: Unsent
  sent(payload: Payload, missed: number): void
  /** What the client is told of an error. */
  failureOf(error: unknown): GraphQLError
  /** It is over, for whatever reason. */
  gone(viewer: Viewer): void
}

export function createViewer({ channel, after, unsent, sent, failureOf, gone }: ViewerParts): Viewer {
  const standing: Standing = { version: 0, cut: undefined, after }
  let outlet: Outlet | undefined
  let isBusy = false
  let isOver = false

  async function sendNext(): Promise<void> {
    isBusy = true
    try {
      const payload = await channel.payload({ ...standing })
      if (payload && !isOver) send(payload)
    } catch (error) {
      viewer.end(failureOf(error))
    } finally {
      isBusy = false
    }
    // Also when there was nothing to send: the version that made it out of date may have come while this one was busy.
    pump()
  }

  function send(payload: Payload): void {
    const missed = standing.version === 0 ? 0 : payload.version - standing.version - 1
    Object.assign(standing, { version: payload.version, cut: payload.cut, after: undefined })
    outlet!.send(payload)
    sent(payload, missed)
  }

  function pump(): void {
    if (isOver || isBusy || !outlet || !channel.isBehind(standing) || !outlet.isReady()) return
    // Who is behind waits until others have read what they were sent.
    if (unsent.isFull()) unsent.wait(viewer)
    else if (channel.topic.isReady()) void sendNext()
  }

  function over(): boolean {
    if (isOver) return false
    isOver = true
    unsent.waiting.delete(viewer)
    gone(viewer)
    return true
  }

  const viewer: Viewer = {
    channel,
    openedMs: performance.now(),
    pump,
    isAttached: () => outlet !== undefined,
    attach(to) {
      outlet = to
      pump()
    },
    leave: () => void over(),
    end(failure) {
      if (over()) outlet?.end(failure)
    },
  }
  return viewer
}

/** Bytes that were sent to viewers and not taken yet, over all of them. */
export type Unsent = {
  /** `bytes` more, or less where negative. */
  add(bytes: number): void
  bytes(): number
  isFull(): boolean
  wait(viewer: Viewer): void
  readonly waiting: Set<Viewer>
}

export function createUnsent(): Unsent {
  let bytes = 0
  const waiting = new Set<Viewer>()
  const isFull = () => bytes >= limits.liveUnsentBytesInAll
  return {
    waiting,
    isFull,
    bytes: () => bytes,
    add(more) {
      bytes += more
      if (more >= 0) return
      for (const viewer of waiting) {
        if (isFull()) return
        waiting.delete(viewer)
        viewer.pump()
      }
    },
    wait: (viewer) => void waiting.add(viewer),
  }
}

import type { Cut, Position } from './position.ts'
import type { User } from './watched.ts'

/** What a viewer has: everything up to a moment, or what an event's id says of it. */
export type From = {
  /** What the topic knows of the viewer; undefined: nothing, its next event carries everything. */
  readonly cut: Cut | undefined
  /** Version of the topic that it was last told of; 0: none. */
  readonly version: number
  /** Of a viewer that came with an id: from where on the topic has to tell anew, made by the topic itself. */
  readonly caughtUp?: unknown
}

/** What goes to viewers: the root field's value. */
export type LiveEvent = { readonly id: string; readonly cut: Cut; readonly value: object }

/** What one question is about, for all who ask it, whatever fields of it they want. */
export type Topic = {
  /** Goes up with each change that viewers are to learn of; 0: nothing is known yet. */
  version(): number
  /** Whether all of it is of one moment now, so that an event can be made. */
  isReady(): boolean
  /** Goes on to the next version if there is one; answers whether there was. */
  advance(): boolean
  /** An event for a viewer, in one synchronous step. `missed`: changes it was not told of. */
  event(from: From, missed: number): LiveEvent
  /** What the id that a viewer came with says. @throws BAD_CURSOR */
  positionOf(after: string): Position
  /** Finds out what a viewer with an id has to be told. */
  catchUp(position: Position): Promise<From>
  /** As whom it learns of changes of series. */
  readonly user: User | undefined
  /** Nobody asks any more. */
  end(): void
}

/** What topics need of the process. */
export type Moment = {
  readonly log: string
  /** Up to where all topics have come. */
  readonly cut: Cut
  readonly flushed: Cut
}

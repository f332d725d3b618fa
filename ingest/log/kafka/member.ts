import type { KeptCommit } from './commit-metadata.ts'

/** What the group's coordinator and the brokers tell a member. */
export type MemberEvents = {
  /** Partitions the member has, told to the others so that it keeps them. */
  held(): readonly number[]
  /** `contiguous`: it was a member without a break since the last time. */
  joined(partitions: readonly number[], contiguous: boolean): void
  /** It is no member any more. */
  left(): void
}

/** A member of the sinks' consumer group. */
export type Membership = {
  start(): Promise<void>
  /** Resolves when no joining is under way. */
  settled(): Promise<void>
  /** Lets it read one record, at this offset or after it, without which it cannot commit. The offset must be one that Kafka has, or the end. */
  prime(partition: number, offset: number): void
  /** Whether it can commit. */
  primed(): boolean
  /** Counts the joins: an assignment is of one of them. */
  generation(): number
  /** Whether the coordinator surely counts it as a member that has its partitions. */
  certain(): boolean
  /**
   * Commits for the member of this generation; the coordinator refuses another. Nothing is tried again. Commits of one turn of the event loop go in
   * one request.
   */
  commit(partition: number, kept: KeptCommit): Promise<void>
  stop(): Promise<void>
}

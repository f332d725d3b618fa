/** A deployment under test, whatever it consists of. Two implementations: one process on embedded parts, and the split shape on Kafka. */
export type World = {
  /** Where frames go, one base URL per gateway; a proxy stands before each, so that connections can be cut. */
  readonly frameUrls: readonly string[]
  /** Where questions go (GraphQL). */
  readonly questionUrl: string
  /** Everything that can be killed, stopped and started again, by kind. */
  readonly nodes: Readonly<Record<NodeKind, readonly WorldNode[]>>
  /** Links that can be cut, by what they lie between. */
  readonly links: Readonly<Record<LinkKind, readonly Link[]>>
  /** A sink more; one less. Undefined where the world has no sinks of their own. */
  readonly addSink?: () => Promise<void>
  readonly removeSink?: () => Promise<void>
  /** Steps the system clock that these nodes see, in ms; undefined: cannot be done here. */
  readonly stepClock?: (kind: NodeKind, index: number, byMs: number) => Promise<void>
  /** Disks that can fill up and become slow. */
  readonly disks: readonly Disk[]
  /** Undoes every fault that lasts: starts what is down, resumes what is stopped, opens links, frees disks; resolves when all are ready. */
  heal(): Promise<void>
  /** Rows of a SELECT straight from the store, past the query server (JSON rows, 64-bit integers as text). */
  sql<T>(statement: string, parameters?: Readonly<Record<string, unknown>>): Promise<T[]>
  /** Ends everything and removes its data. */
  stop(): Promise<void>
}

/** `server` is the all-in-one process. */
export type NodeKind = 'server' | 'gateway' | 'sink' | 'query' | 'store' | 'broker'
export type LinkKind = 'client' | 'broker' | 'store'

export type WorldNode = {
  readonly name: string
  pid(): number | undefined
  alive(): boolean
  /** SIGKILL, and gone. */
  kill(): Promise<void>
  /** SIGSTOP, SIGCONT. */
  pause(): void
  resume(): void
  /** After `kill`: again, on the same data and address. Resolves when it is ready. */
  start(): Promise<void>
  /** What it wrote last. */
  output(): string
}

export type Link = {
  readonly name: string
  /** Ends every connection at once, with a reset. */
  cut(): void
  /** Lets requests through and then, when an answer comes, ends that connection instead of passing it on; for the next `count` answers. */
  cutBeforeAnswer(count: number): void
  /** Passes an answer on and ends the connection right after it. */
  cutAfterAnswer(count: number): void
  /** Nothing passes, nothing is refused: as if packets were lost. */
  stall(): void
  /** New connections are refused, open ones are cut. */
  refuse(): void
  /** Back to normal. */
  open(): void
  readonly counts: { connections: number; cutBeforeAnswer: number; cutAfterAnswer: number; cut: number }
}

export type Disk = {
  readonly name: string
  /** No room left; until `free`. */
  fill(): Promise<void>
  free(): Promise<void>
  /** Writes hang for so long. */
  stall(ms: number): Promise<void>
}

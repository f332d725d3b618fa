/**
 * Every limit of the system in one place: its default and the reason for it.
 * A limit that is met is refused by the named error and counted as `stepstream_refusals_total{code}`; nothing is cut short.
 * Those that name a setting can be changed by it; the rest are part of the format.
 */
const KiB = 1024
const MiB = 1024 * KiB

export const limits = {
  /** One frame's bytes (`frame_too_large`): a 1000-point frame is 8 KiB; 1 MiB bounds memory per connection. */
  frameBytes: 1 * MiB,
  /** One frame's bytes in the log, with its metric names (`frame_too_large`): sets are defined once, so a small frame can name much. */
  frameLoggedBytes: 3 * MiB,
  /** One HTTP body's bytes (`frame_too_large`): a list of frames; bounds what a request may hold in memory. */
  bodyBytes: 4 * MiB,
  /** Frames in one HTTP body (`too_many_frames`): bounds the work between two turns of the event loop. */
  framesPerBody: 10_000,
  /** Nesting of msgpack or JSON (`too_deep`): the deepest legal value is update.params.<key> inside a list: 5. */
  depth: 8,
  /** Project name length in characters (`bad_project`). */
  projectCharacters: 128,
  /** Run id length in characters (`bad_run`). */
  runCharacters: 128,
  /** Writer name length in characters (`bad_writer`): it is kept in memory for every run that uses one. */
  writerCharacters: 64,
  /** Metric name length in UTF-8 bytes (`bad_metric`). */
  metricBytes: 512,
  /** Largest magnitude of a step (`bad_step`): every integer that a float64 and JSON carry exactly. */
  stepMagnitude: Number.MAX_SAFE_INTEGER,
  /** Earliest and latest time in ms (`bad_time`): what DateTime64(3) holds: 1900-01-01 to 2299-12-31. */
  timeMinimumMs: -2_208_988_800_000,
  timeMaximumMs: 10_413_791_999_999,
  /** Metrics of one run (`too_many_metrics`): state in the sink is about 150 bytes a series. */
  metricsPerRun: 10_000,
  /** Metric sets one connection may define (`too_many_sets`). */
  setsPerConnection: 4_096,
  /** Metric names over all sets of one connection (`too_many_sets`): bounds memory per connection. */
  namesPerConnection: 100_000,
  /** Metric names over the sets of all connections (`overloaded`): the gateway's memory bound for definitions. */
  namesOverConnections: 5_000_000,
  /** Params or tags in one update (`bad_update`). */
  entriesPerUpdate: 1_000,
  /** Params or tags of one run over its whole life (`bad_update`, in the dead letters). */
  entriesPerRun: 5_000,
  /** Length of a param or tag name in characters (`bad_update`). */
  keyCharacters: 256,
  /** Length of a param or tag value in characters (`bad_update`). */
  valueCharacters: 8_192,
  /** Run display name length in characters (`bad_update`). */
  nameCharacters: 512,
  /** Unacknowledged frames one WebSocket connection may have (`too_many_in_flight`). */
  connectionFramesInFlight: 1_024,
  /** Unacknowledged bytes one WebSocket connection may have (`too_many_in_flight`). */
  connectionBytesInFlight: 4 * MiB,
  /** Unsent answers of one connection in bytes; a client that does not read them is closed. */
  connectionBufferedBytes: 1 * MiB,
  /** Unacknowledged bytes over all connections (`overloaded`): the gateway's memory bound under a slow log. */
  totalBytesInFlight: 128 * MiB,
  /** Open WebSocket connections (`too_many_connections`). */
  connections: 20_000,
  /** Bytes of one log record's payload: large records make the log cheap, small ones keep acks early. */
  recordBytes: 1 * MiB,
  /** Blocks in one record: the order number within a record has 16 bits. */
  blocksPerRecord: 65_535,
  /** Gaps in the sequence numbers kept per (run, writer); frames older than the oldest kept gap go to the dead letters. */
  sequenceGapsPerWriter: 64,
  /** Writers remembered per run, by last use; a frame of a forgotten writer counts as new. */
  writersPerRun: 256,
  /** Points from which on a series may have tiles: below, no late point of it is written down. May be lowered, never raised, for a store that has tiles. */
  tiledSeriesPoints: 8_192,
  /** Buckets of one series in an answer. */
  bucketsPerSeries: 2_000,
  /** Series (runs x metrics) in one answer. */
  seriesPerAnswer: 500,
  /** Points of one answer, reckoned as buckets x series and rows of lists; a bucket can return up to 7 points. */
  pointsPerAnswer: 2_000_000,
  /** Exports under way at once (`BUSY`): each keeps a session of the store and some 150 MiB for as long as its client reads. */
  exportsAtOnce: 2,
  /** Memory of the store for one export: it holds blocks and groups of rows, however many rows there are. */
  exportMemoryBytes: 1024 * MiB,
  /** Groups of runs in one answer. */
  groupsPerAnswer: 100,
  /** Quantiles of each group: a pass over the bucket's sorted values is all they cost, and no chart shows more. */
  quantilesPerGroup: 9,
  /** Runs with the metric in one question about groups: their points have to be read. */
  groupRuns: 100_000,
  /** Points that one question about groups may have to read: some 2 to 7 s on two cores. */
  groupPoints: 100_000_000,
  /** Values (runs x buckets) that one question about groups holds and sorts: 16 bytes each, of the memory of one question. */
  groupValues: 50_000_000,
  /** Rows of one page of a list. */
  pageRows: 500,
  /** Bytes of a GraphQL request body. */
  queryBodyBytes: 256 * KiB,
  /** Nesting of a GraphQL operation. */
  queryDepth: 12,
  /** Aliases in a GraphQL operation. */
  queryAliases: 30,
  /** Tokens in a GraphQL operation. */
  queryTokens: 2_000,
  /** Nesting of a GraphQL variable: filters nest, but not without end. */
  queryVariableDepth: 32,
  /** Conditions of one filter: each is work for every run of the project. */
  filterConditions: 100,
  /** Items of one list in a filter. */
  filterListItems: 500,
  /** Different metrics in one filter and sort: each is one more pass over the summaries. */
  filterMetrics: 8,
  /** Metric names in one question about a run. */
  metricNamesPerQuestion: 500,
  /** Characters of one expression over metrics (`BAD_EXPRESSION`): a formula, not a program. */
  expressionCharacters: 1_000,
  /** Nesting of an expression (`BAD_EXPRESSION`): what works on it recurses. */
  expressionDepth: 32,
  /** Different metrics in one expression (`BAD_EXPRESSION`): the points of each are read beside the others'. */
  metricsPerExpression: 8,
  /** Points that one question reads for curves at full resolution, all fields together (`TOO_COSTLY`): 2 to 4 s of one thread. */
  pointsReadPerQuestion: 25_000_000,
  /**
   * Stored points that are gone through to find out how long such curves are, when runs began or where a range of time lies (`TOO_COSTLY`): 2 to 5 s of
   * the store.
   */
  pointsLookedThrough: 500_000_000,
  /** Points in the window of a moving average (`TOO_COSTLY` where a width holds more): 40 bytes each. */
  movingAveragePoints: 1_000_000,
  /** Points of one series on a page of `reduction: RAW`. */
  rawPagePoints: 50_000,
  /** Points of one answer whose times are looked up one by one (`TOO_COSTLY`): 10,000 of them are one question to the store. */
  timesLookedUp: 100_000,
  /** Operations that clients registered by hash; the longest unused is forgotten, and sent again by who needs it. */
  registeredOperations: 1_000,
  /** Bytes of their texts together. */
  registeredBytes: 8 * MiB,
  /** Bytes of all texts of one question that become parameters: the store's own limit of a statement is 256 KiB. */
  questionTextBytes: 64 * KiB,
  /** Points that one question about runs may read for figures that summaries do not have (`TOO_COSTLY`): some seconds of reading. */
  pointsPerFigures: 20_000_000,
  /** Points that one mean of the last ones is of. */
  pointsPerMean: 10_000,
  /** Facets of one question: each is a pass over the runs. */
  facetsPerQuestion: 10,
  /** Figures of metrics in one comparison of runs. */
  figuresPerComparison: 50,
  /** Subscriptions over all connections of a process (`TOO_MANY_VIEWERS`): each has a place in memory and a share of every tick. */
  liveViewers: 10_000,
  /** WebSocket connections at /graphql (`too_many_connections`). */
  liveConnections: 5_000,
  /** Subscriptions of one WebSocket connection at once (`TOO_MANY_SUBSCRIPTIONS`): a page of charts has some dozens. */
  liveSubscriptionsPerConnection: 100,
  /** Series that are watched in one process, each once for all its viewers (`TOO_MANY_WATCHED`): every tick asks the store for all. */
  liveSeries: 10_000,
  /** Buckets of all watched series (`TOO_MANY_WATCHED`): about 150 bytes each stay in memory. */
  liveBuckets: 4_000_000,
  /** Buckets x series of one subscription (`TOO_COSTLY`): its first event, and every event after a pause, may carry all of them. */
  livePointsPerViewer: 100_000,
  /** Runs in one event (`reset` beyond): who wants more of them asks for pages. */
  liveRunsPerEvent: 200,
  /** Filters of runs that are watched in one process (`TOO_MANY_WATCHED`): each is a question to the store when runs change. */
  liveFilters: 500,
  /** Rows that one look for new points may bring: 40 bytes each; series with more are loaded anew. */
  liveRowsPerRead: 1_000_000,
  /** Unsent bytes of one WebSocket at which its viewers get no further events (they are told how many they missed). */
  liveUnsentBytes: 256 * KiB,
  /** Unsent bytes of all viewers at which none that is behind gets more: the memory that slow readers may take. */
  liveUnsentBytesInAll: 256 * MiB,
  /** Messages that a WebSocket at /graphql may send at once, and then again each second (closed with 4429 beyond). */
  liveMessagesAtOnce: 200,
  liveMessagesPerSecond: 50,
  /** Length of a subscription's id in characters (closed with 4400): it comes back with every event. */
  liveIdCharacters: 128,
  /** Projects remembered as too small or too large to be kept in memory for leaderboards: bounds that memory itself. */
  projectsRemembered: 10_000,
} as const

/** How the limits must relate; checked at start-up so that a change of one cannot silently break another. */
export function assertLimits(): void {
  const rules: [boolean, string][] = [
    [limits.frameBytes <= limits.bodyBytes, 'a body must hold at least one frame'],
    [limits.frameBytes <= limits.frameLoggedBytes, 'a frame must fit into its room in the log'],
    [limits.frameLoggedBytes <= limits.bodyBytes, 'a body must hold at least one frame'],
    [limits.frameBytes <= limits.connectionBytesInFlight, 'a connection must be able to send one frame'],
    [
      limits.connectionBytesInFlight + limits.bodyBytes <= limits.totalBytesInFlight,
      'one client must fit in the total',
    ],
    [limits.metricsPerRun <= limits.namesPerConnection, 'one connection must be able to name all metrics of a run'],
    [limits.livePointsPerViewer <= limits.liveBuckets, 'one viewer must be able to watch what it may'],
    [limits.livePointsPerViewer <= limits.pointsPerAnswer, 'a subscription must not be larger than an answer'],
    [limits.entriesPerUpdate <= limits.entriesPerRun, 'one update must fit in a run'],
  ]
  for (const [holds, rule] of rules) if (!holds) throw new Error(`limits contradict each other: ${rule}`)
}

import { createYoga, type Plugin } from 'graphql-yoga'
import type { LateWrites } from '../schema/late-writes.ts'
import { limits } from '../schema/limits.ts'
import type { Progress, ReadOptions, StoreReader, Watermark } from '../schema/store.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { createYoungCollections } from './collections.ts'
import { createLeaderboards } from './columns/leaderboards.ts'
import type { Context, QuerySettings } from './context.ts'
import { withDeadline } from './deadline.ts'
import { createHub } from './live/hub.ts'
import { createLiveMeasures } from './live/measures.ts'
import { useLive } from './live/plugin.ts'
import { createSocketSubscribe } from './live/socket-subscribe.ts'
import { createLiveSockets, type LiveSockets } from './live/sockets.ts'
import { createPersistedOperations, type PersistedSettings } from './persisted.ts'
import { createBudget } from './pipeline/budget.ts'
import { useAnswerBytes } from './plugins/answers.ts'
import { useCostLimits } from './plugins/cost-limits.ts'
import { useDocumentLimits } from './plugins/document-limits.ts'
import { useReferenceExecutor } from './plugins/engine.ts'
import { createFailureOf, createMask, useErrorCodes } from './plugins/errors.ts'
import { graphiql } from './plugins/graphiql.ts'
import { useMeasures } from './plugins/measures.ts'
import { usePersistedOperations } from './plugins/persisted.ts'
import { useRequests } from './plugins/requests.ts'
import { useTurns } from './plugins/turns.ts'
import { createLetterLoaders } from './resolvers/letter-loaders.ts'
import { createRunLoaders } from './resolvers/run-loaders.ts'
import { createSeriesLoader } from './resolvers/series-load.ts'
import { querySchema } from './schema.ts'
import { listenTo } from './tiles/known.ts'
import { createTurns, type Turn } from './turns.ts'

export type { QuerySettings } from './context.ts'
export { type LiveConnection, liveProtocol } from './live/sockets.ts'

export type QueryServerOptions = {
  readonly reader: StoreReader
  readonly watermark: Watermark
  /** For subscriptions. */
  readonly progress: Progress
  readonly logger: Logger
  readonly metrics: Metrics
  readonly settings: QuerySettings
  /** Given where all who write into the store do so in this process. */
  readonly lateWrites?: LateWrites | undefined
  /** Operations known by their hash; none are stored when absent. */
  readonly persisted?: PersistedSettings
}

export type QueryServer = {
  /** Answers a request to `/graphql`: GET and POST of questions, GET of the page to write them in. */
  handle(request: Request): Promise<Response>
  /** Subscriptions over WebSockets, without the sockets. */
  readonly sockets: LiveSockets
  /** Tells those who watch that the server stops. Close WebSockets before: their clients come again by themselves. */
  endLive(): void
}

/** The query side, without a socket. */
export function createQueryServer(options: QueryServerOptions): QueryServer {
  const { watermark, progress, settings, logger, metrics } = options
  const persisted = options.persisted ?? { documents: new Map<string, string>(), only: false }
  const reader = withDeadline(options.reader, settings.queryTimeoutMs)
  if (options.lateWrites) listenTo(options.lateWrites, reader)
  const leaderboards = createLeaderboards(reader, settings.queryTimeoutMs, {
    bytes: settings.leaderboardBytes ?? 2 ** 29,
    fromRuns: settings.leaderboardFromRuns ?? 5_000,
  })

  const maskError = createMask(logger)
  const failureOf = createFailureOf(maskError)
  const liveOptions = { timeoutMs: settings.queryTimeoutMs }
  const measures = createLiveMeasures(metrics)
  const shared = { reader, watermark, progress, logger, measures, failureOf }
  const hub = createHub({ ...shared, readOptions: liveOptions, restMs: settings.liveRestMs })
  const createContext = (readOptions: ReadOptions, turn?: Turn): Context => {
    const budget = createBudget()
    return {
      ...{ reader, watermark, settings, readOptions, budget, leaderboards },
      seriesLoader: createSeriesLoader({ reader, readOptions, budget }, watermark),
      runLoaders: createRunLoaders(reader, readOptions, leaderboards),
      letterLoaders: createLetterLoaders(reader, readOptions),
      ...(turn ? { turn } : {}),
    }
  }
  const live = useLive({
    ...{ hub, failureOf, createContext: () => createContext(liveOptions) },
    lifetimeMs: settings.streamLifetimeMs,
  })

  const turnOf = createTurns(settings)
  const operations = createPersistedOperations(persisted)
  // What happens to a request, in this order.
  const plugins: Plugin[] = [
    // Only requests that a page of another origin cannot send unasked, of bounded size, one operation each.
    useRequests(),
    // A hash stands for the text of an operation; or nothing else may.
    usePersistedOperations(operations),
    // The document is bounded in tokens before it is parsed, in aliases and depth before it is run.
    useDocumentLimits(),
    // The answer is bounded by what the coerced variables ask for; from here on the store may be asked.
    useCostLimits(),
    // Fields in the order of the question.
    useReferenceExecutor(),
    // What is watched goes to the hub, which makes the events, and comes back as a stream of them; it takes no turn.
    live.plugin,
    // So many at once, so many in the queue.
    useTurns(),
    // Every error that goes out has a code of the table.
    useErrorCodes(),
    // How long it took, from the queue on, and which errors there were.
    useMeasures(metrics),
    // Columns go out as bytes.
    useAnswerBytes(),
  ]

  const yoga = createYoga({
    schema: querySchema(),
    plugins,
    context({ request: { signal } }) {
      const turn = turnOf(signal)
      return createContext({ timeoutMs: settings.queryTimeoutMs, signal, within: turn.within }, turn)
    },
    graphiql: persisted.only ? false : graphiql,
    extraParamNames: ['documentId'],
    // The page with its scripts inside: it works where there is no internet. Ten megabytes of text, so only when somebody looks at it.
    renderGraphiQL: async (options) => (await import('@graphql-yoga/render-graphiql')).renderGraphiQL(options),
    maskedErrors: { maskError },
    maxRequestBodySize: limits.queryBodyBytes,
    // Our own log, in `createMask`.
    logging: false,
    cors: false,
    batching: false,
    multipart: false,
    landingPage: false,
  })

  const answered = createYoungCollections()
  return {
    async handle(request) {
      const response = await yoga.fetch(request)
      answered()
      return response
    },
    sockets: createLiveSockets({
      ...{ unsent: hub.unsent, failureOf },
      subscribe: createSocketSubscribe(yoga, operations, live.take),
    }),
    endLive: () => hub.stop(),
  }
}

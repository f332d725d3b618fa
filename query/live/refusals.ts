import type { GraphQLError } from 'graphql'
import { limits } from '../../schema/limits.ts'
import { requestFailure } from '../failures.ts'

export const tooManyWatched = (): GraphQLError =>
  requestFailure(
    'TOO_MANY_WATCHED',
    `the server watches as many series as it may: ${limits.liveSeries}, or ${limits.liveBuckets} buckets in all`,
  )

export const tooManyViewers = (): GraphQLError =>
  requestFailure('TOO_MANY_VIEWERS', `the server has as many viewers as it may: ${limits.liveViewers}`)

export const tooManySubscriptions = (): GraphQLError =>
  requestFailure(
    'TOO_MANY_SUBSCRIPTIONS',
    `one connection may have at most ${limits.liveSubscriptionsPerConnection} subscriptions at once`,
  )

export const shuttingDown = (): GraphQLError =>
  requestFailure('SHUTTING_DOWN', 'the server is stopping; subscribe again with the id of the last event')

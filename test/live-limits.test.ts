/** How many may watch, and how much: the one that is too many is refused by name, the others get their events, and a place that becomes free is given again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '../schema/limits.ts'
import { type Server, until, withServer } from './harness.ts'
import { metricValue } from './read-back.ts'
import { init, openSocket, subscribe, type ViewerSocket } from './viewers.ts'
import { postJson } from './wire.ts'

const project = 'p'
const curves = 'subscription ($in: LiveSeriesInput!) { series(input: $in) { series { steps } } }'
const lists = 'subscription ($run: String!) { runs(project: "p", filter: { run: { is: $run } }) { changed { run } } }'
/** Series that nobody else watches: of runs of their own. */
const own = (first: number, runs: number, buckets: number) => ({
  in: { project, metrics: ['m'], buckets, runs: Array.from({ length: runs }, (_, i) => `r${first + i}`) },
})

type Message = readonly [query: string, variables: object]

/** Sends subscriptions over as many connections as they take, and waits until each is answered; the last connection takes more. */
async function watch(server: Server, messages: readonly Message[]): Promise<ViewerSocket[]> {
  const sockets: ViewerSocket[] = []
  const perSocket = limits.liveSubscriptionsPerConnection
  for (let from = 0; from < messages.length; from += perSocket) {
    const some = messages.slice(from, from + perSocket)
    const socket = await openSocket(server)
    sockets.push(socket)
    socket.send(init())
    some.forEach(([query, variables], i) => {
      socket.send(subscribe(`s${i}`, query, variables))
    })
    // The acknowledgement of the connection, and then one message each.
    await until('all are answered', () => socket.received.length >= 1 + some.length)
    assert.deepEqual([...new Set(socket.received.slice(1).map(({ type }) => type))], ['next'])
  }
  return sockets
}

/** The code of a refusal of one more subscription, over a connection of its own. */
async function refusal(server: Server, [query, variables]: Message): Promise<unknown> {
  const socket = await openSocket(server)
  socket.send(init())
  socket.send(subscribe('more', query, variables))
  await until('an answer', () => socket.received.length >= 2)
  socket.socket.close()
  const [answer] = socket.received.slice(1)
  return answer!.type === 'error'
    ? (answer!.payload as unknown as [{ extensions: { code: string } }])[0].extensions.code
    : 'none'
}

async function isFree(server: Server): Promise<void> {
  await until('nobody watches', async () => (await metricValue(server, 'stepstream_live_viewers')) === 0)
  assert.equal(await metricValue(server, 'stepstream_live_series'), 0)
}

const times = (count: number, message: (i: number) => Message) => Array.from({ length: count }, (_, i) => message(i))
/** Series of one subscription that watches as many as an answer may have. */
const most = limits.seriesPerAnswer

const cases: readonly [what: string, code: string, messages: readonly Message[], one: Message][] = [
  [
    'subscriptions',
    'TOO_MANY_VIEWERS',
    times(limits.liveViewers, () => [curves, own(0, 1, 2)]),
    [curves, own(0, 1, 2)],
  ],
  [
    'series',
    'TOO_MANY_WATCHED',
    times(limits.liveSeries / most, (i) => [curves, own(i * most, most, 2)]),
    [curves, own(limits.liveSeries, 1, 2)],
  ],
  [
    'buckets',
    'TOO_MANY_WATCHED',
    times(limits.liveBuckets / limits.livePointsPerViewer, (i) => [
      curves,
      own(i * 100, 100, limits.livePointsPerViewer / 100),
    ]),
    [curves, own(limits.liveSeries, 1, 2)],
  ],
  [
    'filters of runs',
    'TOO_MANY_WATCHED',
    times(limits.liveFilters, (i) => [lists, { run: `r${i}` }]),
    [lists, { run: 'one more' }],
  ],
]

test('as many may watch as the limits say, and no more', async () => {
  await withServer({}, async (server) => {
    for (const [what, code, messages, one] of cases) {
      const sockets = await watch(server, messages)
      assert.equal(await metricValue(server, 'stepstream_live_viewers'), messages.length, what)
      assert.equal(await refusal(server, one), code, what)
      // What is watched already may be watched by others, unless it is the viewers that are too many.
      if (code === 'TOO_MANY_WATCHED') assert.equal(await refusal(server, messages[0]!), 'none', what)
      const [first] = sockets
      const events = first!.resultsOf('s0').length
      await postJson(server, { project, run: 'r0', log: [{ step: events, metrics: { m: 1 } }], update: { name: what } })
      await until('those who watch get their events', () => first!.resultsOf('s0').length > events)
      sockets.pop()!.socket.close()
      await until('there is room', async () => (await refusal(server, one)) === 'none')
      for (const { socket } of sockets) socket.close()
      await isFree(server)
    }
  })
})

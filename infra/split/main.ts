/** `npm run split`: the split shape on this machine, until Ctrl-C. */
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { startKafka } from '../kafka/launcher.ts'
import { type KeptChild, keepChild } from './child.ts'
import { type Planned, planSplit, type SplitPlan } from './plan.ts'

class BadSetting extends Error {}

function count(name: string, fallback: number): number {
  const text = process.env[name] || String(fallback)
  if (!/^[1-9]\d?$/.test(text)) throw new BadSetting(`bad settings:\n  ${name}: a number from 1 to 99, not ${text}`)
  return Number(text)
}

async function run(): Promise<void> {
  const directory = resolve(process.env.DATA_DIR || './data/split')
  const wish = { directory, gateways: count('GATEWAYS', 2), sinks: count('SINKS', 2), queries: count('QUERIES', 1) }
  await mkdir(directory, { recursive: true })
  // What comes while things start is heard when they have.
  const stopped = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done())
  })
  const given = process.env.KAFKA_BROKERS?.split(',') ?? []
  const kafka = given.length > 0 ? undefined : await startKafka({ directory: `${directory}/kafka` })
  const children: KeptChild[] = []
  try {
    const plan = await planSplit({ ...wish, brokers: kafka?.bootstrap ?? given })
    const start = (planned: Planned) => {
      const child = keepChild({ ...planned, print: (line) => console.log(line) })
      children.push(child)
      return child.ready
    }
    const up = start(plan.store)
      .then(() => Promise.all(plan.sinks.map(start)))
      .then(() => Promise.all([...plan.queries, ...plan.gateways].map(start)))
    await Promise.race([up, stopped])
    announce(plan, kafka?.bootstrap ?? given, children)
    await stopped
  } finally {
    // Gateways first, so that what they took is stored before the sinks go; the store outlives them all.
    for (const child of children.reverse()) await child.stop()
    await kafka?.stop()
  }
}

function announce(plan: SplitPlan, brokers: readonly string[], children: readonly KeptChild[]): void {
  const url = ({ port }: Planned) => `http://127.0.0.1:${port}`
  const key = process.env.API_KEY ? ` -H "authorization: Bearer $API_KEY"` : ''
  const json = `-H 'content-type: application/json'`
  const frame =
    '{"project":"demo","run":"r1","log":[{"step":1,"metrics":{"loss":0.5}},{"step":2,"metrics":{"loss":0.25}}]}'
  const question =
    '{"query":"{ series(input: {project: \\"demo\\", runs: [\\"r1\\"], metrics: [\\"loss\\"]}) { run metric steps values } }"}'
  const lines = [
    '',
    ...plan.gateways.map(
      (one) => `  ${one.name}   POST ${url(one)}/v1/frames   or   ws://127.0.0.1:${one.port}/v1/stream`,
    ),
    ...plan.queries.map((one) => `  ${one.name}     ${url(one)}/graphql   (open it in a browser for GraphiQL)`),
    ...plan.sinks.map((one) => `  ${one.name}      ${url(one)}/readyz  /metrics`),
    `  store       ${url(plan.store)}`,
    `  Kafka       ${brokers.join(',')}`,
    '',
    '  Send a frame:',
    `  curl${key} ${json} ${url(plan.gateways[0]!)}/v1/frames -d '${frame}'`,
    '',
    '  Ask for its curve:',
    `  curl${key} ${json} ${url(plan.queries[0]!)}/graphql -d '${question}'`,
    '',
  ]
  for (const line of lines) console.log(line)
  console.log(JSON.stringify({ pids: children.map((child) => child.pid()), msg: 'split is ready' }))
}

try {
  await run()
} catch (error) {
  console.error(error instanceof BadSetting ? error.message : error)
  process.exitCode = 1
}

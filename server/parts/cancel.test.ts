/** Questions whose clients go away stop in the store, in either shape. */
import { after, before, test } from 'node:test'
import { apiKey, openTestDoors, rawRequest, type TestDoors, until } from './doors.fixture.ts'

const all: Record<string, TestDoors> = {}
before(async () => {
  for (const where of ['embedded', 'remote'] as const) all[where] = await openTestDoors(where)
})
after(async () => {
  for (const doors of Object.values(all)) await doors.close()
})

const project = 'endless'
const questions: [what: string, query: string][] = [
  ['curves', `{ series(input: {project: "${project}", runs: ["r"], metrics: ["m"]}) { values } }`],
  ['a page of runs', `{ runs(project: "${project}") { nodes { id } } }`],
  ['one run', `{ run(project: "${project}", run: "r") { name } }`],
  ['bands', `{ groups(input: {project: "${project}", metric: "m"}) { groups { label } } }`],
]

function post(query: string): string {
  const body = JSON.stringify({ query })
  const head = [
    'POST /graphql HTTP/1.1',
    'host: a',
    `authorization: Bearer ${apiKey}`,
    'content-type: application/json',
  ]
  return `${[...head, `content-length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`
}

for (const where of ['embedded', 'remote']) {
  for (const [what, query] of questions) {
    test(`a question for ${what} whose client leaves is stopped in the store (${where})`, async () => {
      const { port, underWay } = all[where]!
      const { socket } = await rawRequest(port, post(query), 0)
      await until('the query is there', async () => (await underWay(project)).count > 0)
      socket.destroy()
      await until('the query is gone', async () => (await underWay(project)).count === 0)
    })
  }
}

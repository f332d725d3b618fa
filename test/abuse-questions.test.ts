/** The corpus of requests that are made to hurt, over real HTTP, to a query server whose store must not be asked. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'
import { type Abuse, corpus } from '../query/abuse/corpus.fixture.ts'
import type { Progress, StoreReader, Watermark } from '../schema/store.ts'
import { createBase } from '../server/parts/base.ts'
import { createDoors, type Doors } from '../server/parts/doors.ts'
import { addQuestionsDoor } from '../server/parts/questions.ts'
import { readSettings } from '../server/read-settings.ts'

let asked = 0
const refuse = async (): Promise<never> => {
  asked++
  throw new Error('the store was asked')
}
const untouched: StoreReader = { rows: refuse, columns: refuse }
const watermark: Watermark & Progress = {
  refresh: async () => {},
  current: () => '',
  currentTimeMs: () => 0,
  reached: async () => {},
  progress: () => ({ log: 'test', stored: [-1], flushed: [-1] }),
  follow: () => () => {},
}

let doors: Doors
let port: number
before(async () => {
  const base = createBase(readSettings({ PORT: '0', LOG_LEVEL: 'silent' }))
  doors = createDoors(base, '/graphql')
  addQuestionsDoor(base, doors, untouched, watermark)
  port = await doors.open()
})
after(() => doors.http.close())

type Refused = { status: number; headers: NodeJS.Dict<string | string[]>; text: string }

/** Not by `fetch`, which would choose some headers itself. */
function send({ method = 'GET', search, headers, body }: Abuse): Promise<Refused> {
  return new Promise((resolve, reject) => {
    const path = `/graphql${search ? `?${search}` : ''}`
    const bytes = Buffer.from(body ?? '')
    const length = body === undefined ? {} : { 'content-length': bytes.length }
    const options = { host: '127.0.0.1', port, path, method, headers: { ...headers, ...length }, agent: false }
    const sent = request(options, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString()
      resolve({ status: response.statusCode!, headers: response.headers, text })
    })
    sent.on('error', reject).end(bytes)
  })
}

test('every request of the corpus is refused by its code, and the store never asked', async () => {
  for (const abuse of corpus) {
    const { status, headers, text } = await send(abuse)
    // One that is too large for any door is refused before anybody looks at what it asks.
    if (status === 413 && text.includes('frame_too_large')) assert.equal(abuse.code, 'BODY_TOO_LARGE')
    else {
      const { error, errors } = JSON.parse(text) as {
        error?: { code: string }
        errors?: { extensions: { code: string } }[]
      }
      assert.equal(error?.code ?? errors?.[0]?.extensions.code, abuse.code, `${abuse.is}: ${text.slice(0, 300)}`)
    }
    if (abuse.status) assert.equal(status, abuse.status, abuse.is)
    assert.equal(headers['access-control-allow-origin'], undefined)
  }
  assert.equal(asked, 0)
})

test('after all of it an ordinary question is answered', async () => {
  const body = JSON.stringify({ query: '{ server { limits } }' })
  const answer = await send({ is: '', code: '', method: 'POST', headers: { 'content-type': 'application/json' }, body })
  assert.equal(answer.status, 200)
  const stored = await send({
    is: '',
    code: '',
    search: new URLSearchParams({ query: '{ projects { nodes { name } } }' }).toString(),
  })
  assert.match(stored.text, /INTERNAL/)
  assert.equal(asked, 1)
})

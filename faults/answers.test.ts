import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chosenSeed, createRandom, type Random, whole } from '../test/random.ts'
import { finders, type Protocol } from './answers.ts'

/** Something that is sent, or that comes from the server: an answer that must be found, or not. */
type Piece = { readonly sent?: Buffer; readonly answered?: Buffer; readonly isAnswer?: boolean }

const ascii = (text: string) => Buffer.from(text, 'latin1')
const upgrade: Piece = { answered: ascii('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n') }
function message(opcode: number, length: number, isFinal = true): Buffer {
  const first = (isFinal ? 0x80 : 0) | opcode
  const head =
    length < 126
      ? Buffer.from([first, length])
      : length < 65_536
        ? Buffer.from([first, 126, length >> 8, length & 255])
        : Buffer.from([first, 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255])
  return Buffer.concat([head, Buffer.alloc(length, 0xff)])
}
const binary = 2
const greeting: Piece = { answered: message(binary, 40) }
const ack = (length: number): Piece => ({ answered: message(binary, length), isAnswer: true })
const response = (text: string, isAnswer = true): Piece => ({ answered: ascii(text), isAnswer })

function kafkaRequest(apiKey: number, length: number): Piece {
  const bytes = Buffer.alloc(4 + length)
  bytes.writeInt32BE(length)
  bytes.writeInt16BE(apiKey, 4)
  return { sent: bytes }
}
function kafkaAnswer(length: number, isAnswer: boolean): Piece {
  const bytes = Buffer.alloc(4 + length)
  bytes.writeInt32BE(length)
  return { answered: bytes, isAnswer }
}

const rows: [name: string, protocol: Protocol, pieces: Piece[]][] = [
  ['acks after an upgrade', 'http', [upgrade, greeting, ack(3), ack(125)]],
  ['longer acks', 'http', [upgrade, greeting, ack(126), ack(65_535), ack(65_536), ack(200_000), ack(0)]],
  [
    'pings, pongs and a close between acks',
    'http',
    [
      upgrade,
      { answered: message(9, 0) },
      greeting,
      { answered: message(9, 5) },
      ack(30),
      { answered: message(10, 125) },
      ack(7),
      { answered: message(8, 2) },
    ],
  ],
  [
    'a message in fragments, with a ping between them',
    'http',
    [
      upgrade,
      greeting,
      {
        answered: Buffer.concat([message(binary, 5, false), message(9, 3), message(0, 0, false), message(0, 9)]),
        isAnswer: true,
      },
      ack(2),
    ],
  ],
  [
    'responses with a length, chunks, and neither',
    'http',
    [
      response('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello'),
      response('HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n'),
      response('HTTP/1.1 204 No Content\r\nDate: today\r\n\r\n'),
      response('HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n'),
      response(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\nb;x=y\r\n\r\n0\r\n\r\n1234\r\n0\r\nA: b\r\n\r\n',
      ),
      response('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1\r\n\r\nx'),
    ],
  ],
  [
    'a provisional response is none',
    'http',
    [response('HTTP/1.1 100 Continue\r\n\r\n', false), response('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')],
  ],
  [
    'a refused upgrade is a response',
    'http',
    [response('HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nno\n'), upgrade, greeting, ack(9)],
  ],
  [
    'answers to produce and commit, not to versions, metadata and fetch',
    'kafka',
    [
      kafkaRequest(18, 30),
      kafkaAnswer(200, false),
      kafkaRequest(3, 10),
      kafkaRequest(0, 5_000),
      kafkaAnswer(60, false),
      kafkaRequest(1, 80),
      kafkaRequest(0, 9),
      kafkaAnswer(50, true),
      kafkaRequest(8, 60),
      kafkaAnswer(40_000, false),
      kafkaAnswer(4, true),
      kafkaAnswer(20, true),
    ],
  ],
]

/** Where answers begin and end in the stream of the server. */
function expected(pieces: readonly Piece[]) {
  const begins: number[] = []
  const ends: number[] = []
  let at = 0
  for (const { answered, isAnswer } of pieces) {
    if (!answered) continue
    if (isAnswer) begins.push(at)
    at += answered.length
    if (isAnswer) ends.push(at)
  }
  return { begins, ends }
}

/** Feeds the pieces in cuts of at most so many bytes; gives the first begin and end found in each cut, as places of the whole stream. */
function find(protocol: Protocol, pieces: readonly Piece[], nextLength: () => number) {
  const finder = finders[protocol]()
  const begins: number[] = []
  const ends: number[] = []
  let at = 0
  for (const { sent, answered } of pieces) {
    for (let from = 0; sent && from < sent.length; ) {
      const to = Math.min(sent.length, from + nextLength())
      finder.sent?.(sent.subarray(from, to))
      from = to
    }
    for (let from = 0; answered && from < answered.length; ) {
      const to = Math.min(answered.length, from + nextLength())
      const { begin, end } = finder.answered(answered.subarray(from, to))
      if (begin >= 0) begins.push(at + from + begin)
      if (end >= 0) ends.push(at + from + end)
      from = to
    }
    at += answered?.length ?? 0
  }
  return { begins, ends }
}

for (const [name, protocol, pieces] of rows) {
  test(`${protocol}: ${name}`, () => {
    assert.deepEqual(
      find(protocol, pieces, () => 2 ** 30),
      expected(pieces),
    )
  })
}

const seed = chosenSeed()
for (const [name, protocol, pieces] of rows) {
  test(`${protocol}, in pieces that end anywhere: ${name}`, () => {
    const random: Random = createRandom(seed)
    const { begins, ends } = expected(pieces)
    for (let round = 0; round < 50; round++) {
      const longest = whole(random, 1, round < 10 ? 5 : 20_000)
      const found = find(protocol, pieces, () => whole(random, 1, longest))
      assert.deepEqual(found.ends, ends, `SEED=${seed}, round ${round}: ends`)
      // Whether a response is an answer shows with its status only: its begin may be found in a later piece.
      assert.equal(found.begins.length, begins.length, `SEED=${seed}, round ${round}: begins`)
      found.begins.forEach((begin, i) => {
        assert.ok(begin === begins[i] || (begin > begins[i]! && begin < begins[i]! + 12), `round ${round}: ${begin}`)
      })
    }
  })
}

test('http: of several answers in one piece the first is told', () => {
  const finder = finders.http()
  const acks = [ack(10), ack(20), ack(30)].map(({ answered }) => answered!)
  const pieces = [upgrade.answered!, greeting.answered!]
  const before = Buffer.concat(pieces).length
  assert.deepEqual(finder.answered(Buffer.concat([...pieces, ...acks])), { begin: before, end: before + 12 })
})

test('bytes: an answer is what comes next after something was sent', () => {
  const finder = finders.bytes()
  const nothing = { begin: -1, end: -1 }
  assert.deepEqual(finder.answered(ascii('unasked')), nothing)
  finder.sent?.(ascii('question'))
  assert.deepEqual(finder.answered(ascii('answer')), { begin: 0, end: 6 })
  assert.deepEqual(finder.answered(ascii('more of it')), nothing)
})

test('http: what is no response is an error', () => {
  assert.throws(() => finders.http().answered(ascii('SSH-2.0-OpenSSH')), /not a response of HTTP/)
})

/**
 * Answers of HTTP/1.1 and of WebSockets: responses, except those of status 1xx; and messages, except pings, pongs and the
 * greeting, which the gateway sends first and unasked.
 * HEAD is not understood: its response has a length and no body.
 */
import {
  type AnswerFinder,
  createNotes,
  createReader,
  gather,
  gatherUntil,
  type Notes,
  type State,
  skip,
} from './stream-states.ts'

export function findHttpAnswers(): AnswerFinder {
  const notes = createNotes()
  const read = createReader(response(notes))
  return {
    answered(bytes) {
      read(bytes)
      return notes.take()
    },
  }
}

const statusEnd = 'HTTP/1.1 200'.length

function response(notes: Notes): State {
  const ended = (at: number) => {
    notes.ended(at)
    return response(notes)
  }
  let known = false
  return gatherUntil(
    '\r\n\r\n',
    (head, at) => {
      const status = statusOf(head)
      if (status === 101) return [at, frame(notes, { greeted: false })]
      if (status < 200) return [at, response(notes)]
      if (status === 204 || status === 304) return [at, ended(at)]
      if (/^transfer-encoding:.*chunked/im.test(head)) return [at, chunk(ended)]
      const length = /^content-length: *(\d+)/im.exec(head)
      return length ? skip(Number(length[1]), at, ended) : [at, untilClosed]
    },
    (head, at) => {
      if (known || head.length < statusEnd) return
      known = true
      if (statusOf(head) >= 200) notes.begun(at)
    },
  )
}

function statusOf(head: string): number {
  const match = /^HTTP\/1\.[01] (\d{3})/.exec(head)
  if (!match) throw new Error(`not a response of HTTP: ${JSON.stringify(head.slice(0, 40))}`)
  return Number(match[1])
}

const untilClosed: State = (bytes) => [bytes.length, untilClosed]

function chunk(ended: (at: number) => State): State {
  return gatherUntil('\r\n', (line, at) => {
    const length = Number.parseInt(line, 16)
    return length === 0 ? [at, trailer(ended)] : skip(length + '\r\n'.length, at, () => chunk(ended))
  })
}

function trailer(ended: (at: number) => State): State {
  return gatherUntil('\r\n', (line, at) => [at, line === '\r\n' ? ended(at) : trailer(ended)])
}

/** A server's frames have no masks. */
function frame(notes: Notes, stream: { greeted: boolean }): State {
  return (bytes, at) => {
    const first = bytes[at]!
    const isFinal = (first & 0x80) !== 0
    const opcode = first & 0x0f
    const isControl = opcode >= 8
    if (!isControl && opcode !== 0 && stream.greeted) notes.begun(at)
    const ended = (at: number) => {
      if (!isControl && isFinal) {
        if (stream.greeted) notes.ended(at)
        stream.greeted = true
      }
      return frame(notes, stream)
    }
    const sized = gather(1, ([length], at) => {
      if (length! < 126) return skip(length!, at, ended)
      const bytesOfLength = length === 126 ? 2 : 8
      const longer = gather(bytesOfLength, (field, at) =>
        skip(bytesOfLength === 2 ? field.readUInt16BE() : Number(field.readBigUInt64BE()), at, ended),
      )
      return [at, longer]
    })
    return [at + 1, sized]
  }
}

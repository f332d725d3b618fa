import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { errorLine, type StoreError, statusOf } from './error.ts'
import type { Answer } from './query-answer.ts'

/** Whoever reads a stream passes it on to somebody who may be slow. */
const streamTimeoutMs = 600_000
const pieceBytes = 256 * 1024
const compress = promisify(gzip)

/** Sends the answer piece by piece, as fast as the client takes it. */
export async function sendAnswer(
  response: ServerResponse,
  { bytes, format, summary }: Answer,
  wantsGzip: boolean,
  timeoutMs: number,
): Promise<void> {
  const body = wantsGzip && bytes.byteLength > 0 ? await compress(bytes, { level: constants.Z_BEST_SPEED }) : bytes
  if (response.destroyed) return
  response.setHeader('X-ClickHouse-Format', format)
  response.setHeader('X-ClickHouse-Summary', JSON.stringify(summary))
  response.setHeader('Content-Type', contentTypes[format] ?? 'application/octet-stream')
  response.setHeader('Content-Length', body.byteLength)
  if (body !== bytes) response.setHeader('Content-Encoding', 'gzip')
  for (let at = 0; at < body.byteLength; at += pieceBytes) {
    const more = response.write(body.subarray(at, at + pieceBytes))
    if (!more && !(await drained(response, timeoutMs))) return
  }
  response.end()
}

/** Sends pieces as they are made. A client that stops reading stops them; one that is gone ends them. */
export async function sendPieces(response: ServerResponse, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  response.setHeader('Content-Type', 'application/octet-stream')
  for await (const piece of pieces) {
    if (response.destroyed) return
    if (!response.write(piece) && !(await drained(response, streamTimeoutMs))) return
  }
  response.end()
}

const contentTypes: Readonly<Record<string, string>> = {
  JSON: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  JSONCompactEachRow: 'application/x-ndjson; charset=UTF-8',
  TabSeparated: 'text/tab-separated-values; charset=UTF-8',
  CSV: 'text/csv; charset=UTF-8; header=absent',
}

/** Whether the client has taken what was written; one that takes nothing in time is cut off. */
function drained(response: ServerResponse, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (taken: boolean) => {
      clearTimeout(timer)
      response.off('drain', onDrain)
      response.off('close', onClose)
      resolve(taken)
    }
    const onDrain = () => done(true)
    const onClose = () => done(false)
    const timer = setTimeout(() => {
      response.destroy()
      done(false)
    }, timeoutMs)
    response.on('drain', onDrain)
    response.on('close', onClose)
    if (response.destroyed) done(false)
  })
}

const plainText = { 'Content-Type': 'text/plain; charset=UTF-8' }

export function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, plainText)
  response.end(text)
}

/** How much of a refused body is read and thrown away, so that the client gets to read why, instead of a broken connection. */
const lingerBytes = 64 * 1024 * 1024
const lingerMs = 5_000

export function sendError(
  message: IncomingMessage,
  response: ServerResponse,
  error: StoreError,
  version: string,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  for (const name of ['Content-Length', 'Content-Encoding']) response.removeHeader(name)
  response.setHeader('X-ClickHouse-Exception-Code', error.code)
  const text = errorLine(error, version)
  if (message.complete) {
    sendText(response, statusOf(error), text)
    return
  }
  response.setHeader('Connection', 'close')
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.writeHead(statusOf(error), plainText)
  response.write(text)
  message.unpipe()
  // The answer is whole without its end, with which node closes the connection, whatever its client still sends.
  discardRest(message, () => response.end())
}

/** `done`: called when the client has sent all, is gone, or has sent enough. */
function discardRest(message: IncomingMessage, done: () => void): void {
  let length = 0
  const timer = setTimeout(() => message.destroy(), lingerMs)
  message.once('close', () => {
    clearTimeout(timer)
    done()
  })
  message.on('data', (piece: Buffer) => {
    length += piece.byteLength
    if (length > lingerBytes) message.destroy()
  })
}

import type { IncomingMessage } from 'node:http'
import type { Readable, Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { StoreError } from './error.ts'

export type BodyLimits = {
  /** Of the body as it is, decompressed. */
  readonly bodyBytes: number
  /** For the whole body to arrive. */
  readonly bodyTimeoutMs: number
}

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

/**
 * The body's bytes, decompressed, piece by piece.
 * @throws StoreError when it is too long, takes too long, is cut off or cannot be decompressed.
 */
export async function* bodyPieces(message: IncomingMessage, limits: BodyLimits): AsyncGenerator<Uint8Array> {
  // The stream is left whole, for its client has yet to read why it is refused.
  const pieces: AsyncIterator<Uint8Array> = decoded(message).iterator({ destroyOnReturn: false })
  let isLate = false
  let refuse = () => {}
  const timer = setTimeout(() => {
    isLate = true
    refuse()
  }, limits.bodyTimeoutMs)

  /** No race with a promise of the whole body's, which would keep each piece until the last has come. */
  function next(): Promise<IteratorResult<Uint8Array>> {
    return new Promise((resolve, reject) => {
      const text = `the body did not arrive within ${limits.bodyTimeoutMs} ms`
      refuse = () => reject(new StoreError(209, 'SOCKET_TIMEOUT', text))
      if (isLate) refuse()
      else pieces.next().then(resolve, reject)
    })
  }

  let length = 0
  try {
    while (true) {
      const { done, value } = await next()
      if (done) break
      length += value.byteLength
      if (length > limits.bodyBytes)
        throw new StoreError(307, 'TOO_MANY_BYTES', `the body is larger than ${limits.bodyBytes} bytes`)
      yield value
    }
    if (!message.complete) throw new Error('aborted')
  } catch (error) {
    throw bodyError(error)
  } finally {
    clearTimeout(timer)
    // It lets go of the stream, whose rest somebody may read to throw it away. A piece that it waits for may never come.
    void pieces.return?.().catch(() => {})
    message.unpipe()
  }
}

function bodyError(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const { code, message } = error as { code?: string; message: string }
  if (code?.startsWith('Z_') || code?.startsWith('ERR__ERROR_'))
    return new StoreError(354, 'ZLIB_INFLATE_FAILED', `the body cannot be decompressed: ${message}`)
  return new StoreError(210, 'NETWORK_ERROR', `the body was cut off: ${message}`)
}

export async function wholeBody(message: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bodyPieces(message, limits)) pieces.push(piece)
  return Buffer.concat(pieces)
}

function decoded(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding'] ?? 'identity'
  if (encoding === 'identity') return message
  const decoder = decoders[encoding]?.()
  if (decoder === undefined)
    throw new StoreError(89, 'UNKNOWN_COMPRESSION_METHOD', 'Content-Encoding may be gzip, deflate or br')
  message.once('close', () => {
    if (!message.complete) decoder.destroy(new Error('aborted'))
  })
  return message.pipe(decoder)
}

/** Fields of `multipart/form-data`: the way of statements whose parameters are too long for a URL. */
export function multipartFields(body: Buffer, contentType: string): Map<string, string> {
  const boundary = /boundary="?([^";]{1,200})"?/i.exec(contentType)?.[1]
  if (boundary === undefined) throw new StoreError(36, 'BAD_ARGUMENTS', 'multipart/form-data without a boundary')
  const fields = new Map<string, string>()
  const parts = `\r\n${body.toString('utf8')}`.split(`\r\n--${boundary}`)
  if (!parts.at(-1)!.startsWith('--')) throw new StoreError(36, 'BAD_ARGUMENTS', 'the multipart body was cut off')
  for (const part of parts.slice(1, -1)) {
    const head = part.indexOf('\r\n\r\n')
    const name = /name="([^"\r\n]*)"/i.exec(part.slice(0, Math.max(head, 0)))?.[1]
    if (name === undefined) throw new StoreError(36, 'BAD_ARGUMENTS', 'a part of the multipart body has no name')
    if (/filename=/i.test(part.slice(0, head)))
      throw new StoreError(48, 'NOT_IMPLEMENTED', 'tables in a multipart body are not supported by this store')
    fields.set(name, part.slice(head + 4))
  }
  return fields
}

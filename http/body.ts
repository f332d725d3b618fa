import type uws from 'uWebSockets.js'
import { Refusal } from '../schema/errors.ts'

/** Bytes that must arrive in each period of the deadline: the server's own bound for slow senders is the same. */
const progressBytes = 16 * 1024

/**
 * Collects a request's body, at most `maximumBytes`, with a deadline that each 16 KiB of progress renews.
 * @throws Refusal frame_too_large, request_timeout; an Error when the client is gone
 */
export function readBody(
  response: uws.HttpResponse,
  headers: ReadonlyMap<string, string>,
  maximumBytes: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const declared = Number(headers.get('content-length') ?? 0)
    const chunks: Buffer[] = []
    let length = 0
    let progress = 0
    let settled = false
    const timer = setTimeout(() => {
      settle(() => reject(new Refusal('request_timeout', `the body made no progress for ${timeoutMs} ms`)))
    }, timeoutMs)

    function settle(how: () => void): void {
      if (settled) return
      settled = true
      clearTimeout(timer)
      how()
    }

    function tooLarge(): void {
      settle(() => reject(new Refusal('frame_too_large', `the body is larger than ${maximumBytes} bytes`)))
    }

    signal.addEventListener('abort', () => settle(() => reject(new Error('the client is gone'))), { once: true })
    if (declared > maximumBytes) tooLarge()
    response.onData((chunk, isLast) => {
      if (settled) return
      length += chunk.byteLength
      if (length > maximumBytes) return tooLarge()
      progress += chunk.byteLength
      if (progress >= progressBytes) {
        progress = 0
        timer.refresh()
      }
      // The chunk's memory is gone after this call.
      if (chunk.byteLength > 0) chunks.push(Buffer.from(new Uint8Array(chunk)))
      if (isLast) settle(() => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length)))
    })
  })
}

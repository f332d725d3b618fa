import { timingSafeEqual } from 'node:crypto'
import { Refusal } from '../schema/errors.ts'

export type Headers = ReadonlyMap<string, string>

/**
 * Decides who may come in: with a key set, requests carry `Authorization: Bearer <key>`; and a web page of another origin
 * may never use a door, for a browser would lend it the user's way to a server on this machine.
 * @throws Refusal unauthorized, forbidden_origin
 */
export function createAuthorizer(apiKey: string | undefined): (headers: Headers) => void {
  const expected = apiKey === undefined ? undefined : Buffer.from(`Bearer ${apiKey}`)
  return (headers) => {
    checkOrigin(headers)
    if (!expected) return
    const given = Buffer.from(headers.get('authorization') ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new Refusal('unauthorized')
  }
}

/** @throws Refusal forbidden_origin */
export function checkOrigin(headers: Headers): void {
  const origin = headers.get('origin')
  if (origin === undefined) return
  const host = /^https?:\/\/(.+)$/.exec(origin)?.[1]
  if (host === undefined || host !== headers.get('host')) throw new Refusal('forbidden_origin')
}

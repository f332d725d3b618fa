import { createHash } from 'node:crypto'

/** A list as a text that clients hand back as it is: JSON in base64url. */
export function opaqueText(parts: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url')
}

/** The list behind such a text, whose parts may be anything; undefined when it is none. */
export function partsOf(text: string): unknown[] | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    return Array.isArray(parts) ? parts : undefined
  } catch {
    return undefined
  }
}

/** Tells what a text belongs to, in so many characters: one that belongs elsewhere is refused instead of misread. */
export function fingerprint(value: unknown, characters = 10): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, characters)
}

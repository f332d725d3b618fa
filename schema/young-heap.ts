import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Collects the young part of V8's heap, which takes about a millisecond, and with it the buffers outside of the heap that were in use for a short time.
 * Undefined where the engine has no such collection. V8 hands its collector out to contexts that are made while the flag is set.
 */
export function findYoungCollection(): (() => void) | undefined {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('typeof gc === "function" ? gc : undefined') as
    | ((options: { type: 'minor' }) => void)
    | undefined
  setFlagsFromString('--no-expose-gc')
  return collect && (() => collect({ type: 'minor' }))
}

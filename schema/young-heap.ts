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

/** What V8 is told where answers of megabytes come and go; it looks at these whenever it decides. */
const flags = [
  // How much may be added to the heap before V8 goes through all of it. While that takes little of the time V8 allows for 10 percent, 6 MB of 59, which
  // are there after a dozen questions: each collection is short, but the question that meets it waits for 20 to 40 ms.
  '--heap-growing-percent=100',
  // What is made at a place whose objects often outlive young collections V8 makes in the old part of the heap at once. Of answers nothing is needed for
  // long, and an object there keeps all that it names, 6 MB of a chart, until the whole heap is gone through.
  '--no-allocation-site-pretenuring',
]

/** Has the whole heap collected seldom, in a process whose garbage are answers: made, or taken and thrown away. */
export function letHeapGrow(): void {
  for (const flag of flags) setFlagsFromString(flag)
}

/**
 * Steps the wall clock that a node process sees, while it runs: `Date.now()` and `new Date()`. The monotonic clock
 * (`performance.now()`, timers, `process.hrtime()`) goes on as it does on Linux when somebody sets the time. Other programs, such
 * as Java, take the time from the kernel, whose clock all of this machine shares; theirs cannot be stepped here.
 */
import { rename, rm, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { packageFile } from '../schema/files.ts'
import { offsetFileVariable } from './clock-offset.ts'

export type SteppedClock = {
  /** What a process needs in its environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Difference to the real clock now, ms. */
  offsetMs(): number
  /** Moves it further by so much; processes see it within 50 ms, new ones from their start. */
  step(byMs: number): Promise<void>
  remove(): Promise<void>
}

/** A clock for one process; `file` is where its offset is kept. */
export async function createClock(file: string): Promise<SteppedClock> {
  let offsetMs = 0
  async function write(): Promise<void> {
    // Renamed into place, so that nobody reads half a number.
    await writeFile(`${file}.new`, String(offsetMs))
    await rename(`${file}.new`, file)
  }
  await write()
  const preload = pathToFileURL(packageFile('dist/faults/clock-preload.js')).href
  return {
    environment: {
      NODE_OPTIONS: `--import=${preload}`,
      [offsetFileVariable]: file,
      // The server's own choice (server/main.cts) would come too late: loading the preload starts the threads.
      UV_THREADPOOL_SIZE: '16',
    },
    offsetMs: () => offsetMs,
    step(byMs) {
      if (!Number.isSafeInteger(byMs)) throw new RangeError(`a clock steps by whole milliseconds, not ${byMs}`)
      offsetMs += byMs
      return write()
    },
    remove: () => rm(file, { force: true }),
  }
}

import type { Base } from './base.ts'
import type { Doors } from './doors.ts'

/** A process of ours, from the moment on that its port answers. */
export type RunningServer = {
  readonly port: number
  /** Resolves when every part is up. @throws when one cannot be, or the process is stopped first */
  readonly ready: Promise<void>
  /** Shuts down in order. */
  stop(reason: string): Promise<void>
}

export type Step = readonly [name: string, work: () => unknown]

/** A part that hangs must not keep the others from their end: what is acknowledged is in the log. */
const stepDeadlineMs = 8_000

/** Runs the steps of a shutdown one after the other, whatever becomes of each. */
async function shutDown({ logger, readiness, stopping }: Base, reason: string, steps: readonly Step[]) {
  logger.info({ reason }, 'stopping')
  readiness.require('running', () => 'it is stopping')
  stopping.abort()
  for (const [name, work] of steps) {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        logger.warn({ step: name }, 'a step of the shutdown takes too long; going on')
        resolve()
      }, stepDeadlineMs)
    })
    const done = Promise.resolve()
      .then(work)
      .catch((error: unknown) => logger.error({ err: error, step: name }, 'a step of the shutdown failed; going on'))
    await Promise.race([done, late])
    clearTimeout(timer)
  }
  logger.info('stopped')
  logger.flush()
}

/** What ends between the last new connection and the last open one, and what ends when nobody is there any more, each in order. */
type Ends = { readonly work: readonly Step[]; readonly ground: readonly Step[] }

/** A process whose port answers and whose parts come up until `ready`. */
export function runningServer(
  base: Base,
  { http }: Doors,
  port: number,
  ready: Promise<void>,
  { work, ground }: Ends,
): RunningServer {
  const steps: readonly Step[] = [
    ['new connections', () => http.stopListening()],
    ['start', () => ready.catch(() => {})],
    ...work,
    ['connections', () => http.close()],
    ...ground,
  ]
  return { port, ready, stop: (reason) => shutDown(base, reason, steps) }
}

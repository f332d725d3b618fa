import { isatty } from 'node:tty'
import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** The logger of a process or one of its threads: lines for people on a terminal, JSON otherwise. `level` as in pino (`silent` for none). */
export function createLogger(level: string): Logger {
  // Of the terminal itself: in a thread the process's stdout is a stream to the main thread.
  if (!isatty(1)) return pino({ level })
  return pino({ level, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } })
}

import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** The process's logger: lines for people on a terminal, JSON otherwise. `level` as in pino (`silent` for none). */
export function createLogger(level: string): Logger {
  if (!process.stdout.isTTY) return pino({ level })
  return pino({ level, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } })
}

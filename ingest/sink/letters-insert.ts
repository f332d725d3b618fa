import type { Logger } from '../../telemetry/logger.ts'
import type { DeadLetter } from './dead-letter.ts'
import { buriedLetters, deadLetterRows } from './rows.ts'
import type { SinkParts } from './sink.ts'
import type { KeepTrying } from './trying.ts'

/** Counts dead letters and puts them where they are looked for. Doing it again changes nothing but the count. */
export function createLettersInsert({ store, partition, observe }: SinkParts, logger: Logger, keepTrying: KeepTrying) {
  return async (letters: readonly DeadLetter[]): Promise<void> => {
    for (const letter of letters) observe.dead[letter.reason].value++
    logger.warn({ letters: letters.length, reason: letters[0]?.reason }, 'frames went to the dead letters')
    const { table, rows, columns } = deadLetterRows(partition.partition, letters)
    await keepTrying(`insert ${table}`, () => store.insertBlock(table, rows, columns))
    const buried = buriedLetters(partition.partition, letters)
    await keepTrying('bury dead letters', async () => partition.bury?.(buried))
  }
}

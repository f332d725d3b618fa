import { Refusal } from '../../../schema/errors.ts'
import type { LogPositions } from '../log.ts'
import { createAsker } from './asker.ts'
import { readPositions } from './offsets.ts'
import type { KafkaOptions } from './options.ts'
import { prepareTopics } from './writer.ts'

export type KafkaPositions = LogPositions & { close(): Promise<void> }

/** How far the sinks are, from their commits. Waits for a Kafka that is away. @throws LogMisfit when the topic is not as asked for */
export async function openKafkaPositions(options: KafkaOptions): Promise<KafkaPositions> {
  const { topic, group, partitions, logger } = options
  const id = await prepareTopics(options)
  const ask = createAsker(options)
  return {
    id,
    partitions,
    async positions() {
      try {
        return await ask((admin) => readPositions(admin, group, topic, partitions))
      } catch (error) {
        logger.debug({ err: error }, 'reading the positions failed')
        throw new Refusal('log_unavailable', 'Kafka does not say how far the sinks are', error)
      }
    },
    close: ask.close,
  }
}

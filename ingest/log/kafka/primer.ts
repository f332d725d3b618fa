import type { Consumer } from 'kafkajs'
import type { KafkaOptions } from './options.ts'

/** Keeps kafkajs's consumer from fetching, but for one record somewhere: with a batch alone it gives out the function that commits. */
export function createPrimer({ topic, partitions, logger }: KafkaOptions, running: () => Consumer | undefined) {
  const all = Array.from({ length: partitions }, (_, partition) => partition)
  /** Where the record would be, by partition. */
  const places = new Map<number, number>()

  function quietly(work: (consumer: Consumer) => void): void {
    // Between two lives of the consumer there is nothing to pause; the next join sets everything anew.
    try {
      const consumer = running()
      if (consumer) work(consumer)
    } catch (error) {
      logger.debug({ err: error }, 'the consumer is not running')
    }
  }

  function pauseAll(): void {
    quietly((consumer) => consumer.pause([{ topic, partitions: all }]))
  }

  function seek(partition: number, offset: number): void {
    quietly((consumer) => {
      consumer.seek({ topic, partition, offset: String(offset) })
      consumer.resume([{ topic, partitions: [partition] }])
    })
  }

  return {
    letThrough(partition: number, offset: number): void {
      places.set(partition, offset)
      seek(partition, offset)
    },
    /** It has its record, or lost its place in the group. */
    done(): void {
      places.clear()
      pauseAll()
    },
    /** The partitions were given out anew. */
    joined(): void {
      pauseAll()
      for (const [partition, offset] of places) seek(partition, offset)
    },
  }
}

import type { Asker } from './asker.ts'
import { readEnds } from './offsets.ts'
import type { KafkaOptions } from './options.ts'

const trimIntervalMs = 60_000

/** Lets Kafka delete what is in the store, partition by partition, now and then. */
export function createTrimmer(options: KafkaOptions, ask: Asker) {
  const { topic, retentionHours, logger } = options
  const intervalMs = options.trimIntervalMs ?? trimIntervalMs
  const started = performance.now()
  const trimmedMs = new Map<number, number>()

  async function deleteBelow(partition: number, offset: number): Promise<void> {
    await ask(async (admin) => {
      let upTo = offset
      if (retentionHours !== undefined) {
        const kept = await admin.fetchTopicOffsetsByTimestamp(topic, Date.now() - retentionHours * 3_600_000)
        upTo = Math.min(upTo, Number(kept.find((each) => each.partition === partition)?.offset ?? 0))
      }
      const low = (await readEnds(admin, topic)).get(partition)?.low ?? 0
      if (upTo > low) await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(upTo) }] })
    })
  }

  return {
    /** `offset`: of the first record that is still needed. */
    trim(partition: number, offset: number): void {
      const now = performance.now()
      if (now - (trimmedMs.get(partition) ?? started) < intervalMs) return
      trimmedMs.set(partition, now)
      deleteBelow(partition, offset).catch((error: unknown) =>
        logger.warn({ err: error, partition }, 'deleting stored records failed'),
      )
    },
  }
}

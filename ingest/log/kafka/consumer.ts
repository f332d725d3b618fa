import type { Consumer, Kafka } from 'kafkajs'
import { createStickyAssigner, type Member } from './assigner.ts'
import { type KafkaOptions, patient } from './options.ts'
import { messageBytes } from './topic.ts'

const heartbeatIntervalMs = 500
/** A poll that finds nothing ends after this; also how long a resumed partition may wait. */
const pollMs = 100

export function createConsumer(kafka: Kafka, options: KafkaOptions, member: Member): Consumer {
  return kafka.consumer({
    groupId: options.group,
    partitionAssigners: [createStickyAssigner(options.topic, options.partitions, member)],
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: Math.max(options.sessionTimeoutMs, 10_000),
    heartbeatInterval: heartbeatIntervalMs,
    maxWaitTimeInMs: pollMs,
    maxBytesPerPartition: messageBytes,
    maxBytes: 4 * messageBytes,
    metadataMaxAge: 60_000,
    allowAutoTopicCreation: false,
    retry: patient.retry,
  })
}

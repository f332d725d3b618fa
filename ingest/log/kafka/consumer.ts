import type { Consumer, Kafka } from 'kafkajs'
import { createStickyAssigner, type Member } from './assigner.ts'
import { type KafkaOptions, patient } from './options.ts'

const heartbeatIntervalMs = 500
/** How often it looks whether a heartbeat is due. */
const pollMs = 100

export function createConsumer(kafka: Kafka, options: KafkaOptions, member: Member): Consumer {
  return kafka.consumer({
    groupId: options.group,
    partitionAssigners: [createStickyAssigner(options.topic, options.partitions, member)],
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: Math.max(options.sessionTimeoutMs, 10_000),
    heartbeatInterval: heartbeatIntervalMs,
    maxWaitTimeInMs: pollMs,
    // One record, whatever its size: see `createMembership`.
    maxBytesPerPartition: 1,
    maxBytes: 1,
    metadataMaxAge: 60_000,
    allowAutoTopicCreation: false,
    retry: patient.retry,
  })
}

/** The requests of Kafka's protocol that we make ourselves, in the oldest form that Kafka 2.2 to 4.3 know. */

export type RequestKind = { readonly name: string; readonly key: number; readonly version: number }

export const requests = {
  produce: { name: 'Produce', key: 0, version: 7 },
  fetch: { name: 'Fetch', key: 1, version: 4 },
  listOffsets: { name: 'ListOffsets', key: 2, version: 1 },
  offsetFetch: { name: 'OffsetFetch', key: 9, version: 1 },
  findCoordinator: { name: 'FindCoordinator', key: 10, version: 0 },
  saslHandshake: { name: 'SaslHandshake', key: 17, version: 1 },
  apiVersions: { name: 'ApiVersions', key: 18, version: 0 },
  initProducerId: { name: 'InitProducerId', key: 22, version: 1 },
  saslAuthenticate: { name: 'SaslAuthenticate', key: 36, version: 1 },
} as const satisfies Record<string, RequestKind>

const clientId = 'stepstream'

/** Size, then the header: kind, version, number of the request, who asks. */
export function requestHead({ key, version }: RequestKind, number: number, bodyBytes: number): Buffer {
  const head = Buffer.alloc(14 + clientId.length)
  head.writeInt32BE(head.length - 4 + bodyBytes, 0)
  head.writeInt16BE(key, 4)
  head.writeInt16BE(version, 6)
  head.writeInt32BE(number, 8)
  head.writeInt16BE(clientId.length, 12)
  head.write(clientId, 14, 'latin1')
  return head
}

export function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([int16(bytes.length), bytes])
}

/** That partitions of one topic follow, so many. */
export function oneTopic(topic: string, partitions: number): Buffer {
  return Buffer.concat([int32(1), textBytes(topic), int32(partitions)])
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeInt32BE(Math.floor(value / 2 ** 32))
  bytes.writeUInt32BE((value % 2 ** 32) >>> 0, 4)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** Reads an answer from its start to its end. Reading past the end throws a RangeError. */
export type Answer = { readonly bytes: Buffer; at: number }

export function takeInt16(answer: Answer): number {
  answer.at += 2
  return answer.bytes.readInt16BE(answer.at - 2)
}

export function takeInt32(answer: Answer): number {
  answer.at += 4
  return answer.bytes.readInt32BE(answer.at - 4)
}

/** Offsets and times, which numbers hold exactly. */
export function takeInt64(answer: Answer): number {
  const high = takeInt32(answer)
  return high * 2 ** 32 + (takeInt32(answer) >>> 0)
}

export function takeBytes(answer: Answer, length: number): Buffer {
  if (length < 0 || answer.at + length > answer.bytes.length) throw new RangeError(`an answer is cut short`)
  answer.at += length
  return answer.bytes.subarray(answer.at - length, answer.at)
}

/** Empty where there is none. */
export function takeText(answer: Answer): string {
  return takeNullableText(answer) ?? ''
}

export function takeNullableText(answer: Answer): string | null {
  const length = takeInt16(answer)
  return length < 0 ? null : String(takeBytes(answer, length))
}

/** Topics, each with its name, and of each its partitions: `take` reads what follows the number of each. */
export function eachPartition(answer: Answer, take: (partition: number) => void): void {
  for (let topics = takeInt32(answer); topics > 0; topics--) {
    takeText(answer)
    for (let count = takeInt32(answer); count > 0; count--) take(takeInt32(answer))
  }
}

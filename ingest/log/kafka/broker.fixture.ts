/** A broker that does what a test tells it: it knows the requests of sending, and stores as a broker does. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { requests } from './protocol.ts'

export type Received = {
  readonly partition: number
  readonly sequence: number
  readonly producer: bigint
  readonly text: string
}

/** What becomes of a record: it is stored or not, and answered with an error of Kafka or, without one, not at all. */
export type Fate = { readonly store: boolean; readonly answer: number | 'silence' | 'cut' }

export async function startFakeBroker(fate: (record: Received) => Fate) {
  const received: Received[] = []
  /** What a consumer would find, by partition. */
  const stored = new Map<number, Received[]>()
  const sockets = new Set<Socket>()
  let producers = 1000n
  let produceRequests = 0

  function store(record: Received): number {
    const log = stored.get(record.partition) ?? []
    stored.set(record.partition, log)
    const before = log.findIndex(({ producer, sequence }) => {
      return producer === record.producer && sequence === record.sequence
    })
    return before >= 0 ? before : log.push(record) - 1
  }

  /** @returns the answer's body; undefined: none */
  function handle(socket: Socket, key: number, body: Buffer): Buffer | undefined {
    if (key === requests.apiVersions.key) return versions()
    if (key === requests.initProducerId.key) {
      const answer = Buffer.alloc(16)
      answer.writeBigInt64BE(producers++, 6)
      return answer
    }
    produceRequests++
    const records = readProduce(body)
    received.push(...records)
    const topic = Buffer.from('\0\0\0\u0001\0\u0001t', 'latin1')
    const parts = [topic, Buffer.alloc(4)]
    parts[1]!.writeInt32BE(records.length)
    for (const record of records) {
      const { store: kept, answer } = fate(record)
      const offset = kept ? store(record) : -1
      if (answer === 'silence') return undefined
      if (answer === 'cut') {
        socket.destroy()
        return undefined
      }
      const part = Buffer.alloc(30)
      part.writeInt32BE(record.partition)
      part.writeInt16BE(answer, 4)
      part.writeBigInt64BE(answer === 0 ? BigInt(offset) : -1n, 6)
      parts.push(part)
    }
    return Buffer.concat([...parts, Buffer.alloc(4)])
  }

  const server = createServer((socket) => {
    sockets.add(socket)
    let bytes = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE()) {
        const size = bytes.readInt32BE()
        const request = bytes.subarray(4, 4 + size)
        bytes = bytes.subarray(4 + size)
        const answer = handle(socket, request.readInt16BE(), request.subarray(10 + request.readInt16BE(8)))
        if (!answer) continue
        const head = Buffer.alloc(8)
        head.writeInt32BE(answer.length + 4)
        request.copy(head, 4, 4, 8)
        socket.write(Buffer.concat([head, answer]))
      }
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    address: { host: '127.0.0.1', port },
    received,
    texts: (partition: number) => (stored.get(partition) ?? []).map(({ text }) => text),
    produceRequests: () => produceRequests,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function versions(): Buffer {
  const known = Object.values(requests)
  const answer = Buffer.alloc(6 + 6 * known.length)
  answer.writeInt32BE(known.length, 2)
  known.forEach(({ key, version }, i) => {
    answer.writeInt16BE(key, 6 + 6 * i)
    answer.writeInt16BE(0, 8 + 6 * i)
    answer.writeInt16BE(version, 10 + 6 * i)
  })
  return answer
}

function readProduce(body: Buffer): Received[] {
  let at = 12
  at += 2 + body.readInt16BE(at)
  const records: Received[] = []
  let left = body.readInt32BE(at)
  for (at += 4; left > 0; left--) {
    const partition = body.readInt32BE(at)
    const size = body.readInt32BE(at + 4)
    const batch = body.subarray(at + 8, at + 8 + size)
    const [producer, sequence] = [batch.readBigInt64BE(43), batch.readInt32BE(53)]
    // A record of a short value: six bytes of lengths before it, one after it.
    records.push({ partition, producer, sequence, text: String(batch.subarray(67, size - 1)) })
    at += 8 + size
  }
  return records
}

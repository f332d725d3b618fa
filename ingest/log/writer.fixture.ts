/** A process that appends, commits and tells its parent each acknowledged offset, until it is killed. Argument: directory. */
import { createLogger } from '../../telemetry/logger.ts'
import { openEmbeddedLog } from './embedded.ts'

const log = await openEmbeddedLog({
  directory: process.argv[2]!,
  maximumBytes: 1 << 30,
  segmentBytes: 256 * 1024,
  logger: createLogger('silent'),
})

let next = log.end(0)
async function write(): Promise<void> {
  for (;;) {
    // Offsets are given in call order, so each payload can name its own.
    const offset = next++
    const payload = Buffer.alloc(4 + (offset % 7000), offset % 251)
    payload.writeUInt32LE(offset)
    if ((await log.append(0, payload)) !== offset) throw new Error(`record ${offset} got another offset`)
    process.send!(offset)
  }
}

async function commit(): Promise<void> {
  for (;;) {
    const { offset } = await log.committed(0)
    await log.commit(0, { offset: Math.max(offset, log.end(0) - 100), intents: [] })
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

await Promise.all([commit(), ...Array.from({ length: 16 }, write)])

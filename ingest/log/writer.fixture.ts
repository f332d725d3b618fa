/** A process that appends, commits and tells its parent each acknowledged offset, until it is killed. Argument: directory. */
import { createLogger } from '../../telemetry/logger.ts'
import { commitAt, openLog } from './fixture.ts'

const log = await openLog({
  directory: process.argv[2]!,
  maximumBytes: 1 << 30,
  segmentBytes: 256 * 1024,
  logger: createLogger('silent'),
})

let next = log.reader.end()
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
    const { offset } = await log.reader.committed()
    await log.reader.commit(commitAt(Math.max(offset, log.reader.end() - 100)))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

await Promise.all([commit(), ...Array.from({ length: 16 }, write)])

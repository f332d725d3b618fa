import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { FileSystem, LogFile } from './file-system.ts'
import { type Identity, LogCorrupted, readInteger, writeInteger } from './layout.ts'
import { type Commit, nothingCommitted } from './log.ts'

/**
 * The file `commit`: who the log is and where its reader left off.
 *
 *      0  8  magic "STEPCMT2"
 *      8  4  salt
 *     12 16  log id
 *     28  4  CRC-32 of bytes 0-27; this part is written once
 *   4096     slot 0
 *  69632     slot 1
 *
 * Slot: a commit goes to the slot that does not hold the last one, so one of them is always whole.
 *
 *      0  4  CRC-32 of the rest, up to the last intent, started from the salt
 *      4  4  number of intents
 *      8  8  generation: one higher with each commit; the highest whole slot counts
 *     16  8  offset
 *     24  8  end of the log's durable records at that time: a start that finds fewer knows of a loss
 *     32  8  stored
 *     40  8  arrival of the newest stored frame, ms
 *     48     intents, 8 + 8 bytes each: first, last
 *
 * One write in place takes a third of the time of a new file, its sync, a rename and the directory's sync.
 */
const magic = Buffer.from('STEPCMT2', 'latin1')
const headerBytes = 32
const firstSlotPosition = 4096
const slotBytes = 64 * 1024
const slotHeaderBytes = 48
const intentsLimit = (slotBytes - slotHeaderBytes) / 16

export type CommitFile = {
  readonly identity: Identity
  readonly current: () => Commit
  /** End of the durable records when the current commit was written. */
  readonly durableEnd: () => number
  readonly write: (commit: Commit, durableEnd: number) => Promise<void>
  readonly close: () => Promise<void>
}

/** Makes the file of a new log and gives the log its id. */
export async function createCommitFile(fileSystem: FileSystem, directory: string): Promise<CommitFile> {
  const identity = { id: randomBytes(16).toString('hex'), salt: randomBytes(4).readUInt32LE() }
  const bytes = Buffer.alloc(firstSlotPosition + 2 * slotBytes)
  magic.copy(bytes)
  bytes.writeUInt32LE(identity.salt, 8)
  bytes.write(identity.id, 12, 'hex')
  bytes.writeUInt32LE(crc32(bytes.subarray(0, headerBytes - 4)), headerBytes - 4)
  const first = { generation: 1, durableEnd: 0, commit: nothingCommitted }
  encodeSlot(identity.salt, first).copy(bytes, slotPosition(first.generation))
  const file = await fileSystem.open(join(directory, 'commit'), 'create')
  await file.write(bytes, 0)
  await fileSystem.syncDirectory(directory)
  return commitFile(file, identity, first)
}

/**
 * Opens the file of an existing log. Undefined when there is none, or only what a first start cut short has left: until
 * there are records nobody has seen the id, and a file made anew is surely durable.
 * @throws LogCorrupted when it is unreadable though the log has records (`used`).
 */
export async function openCommitFile(
  fileSystem: FileSystem,
  directory: string,
  used: boolean,
): Promise<CommitFile | undefined> {
  const path = join(directory, 'commit')
  if (!(await fileSystem.list(directory)).includes('commit')) {
    if (used) throw new LogCorrupted(path, 0, 'it is missing')
    return undefined
  }
  const file = await fileSystem.open(path, 'write')
  const bytes = Buffer.alloc(firstSlotPosition + 2 * slotBytes)
  await file.read(bytes, 0)
  if (bytes.toString('latin1', 0, 7) === 'STEPCMT' && !bytes.subarray(0, magic.length).equals(magic)) {
    await file.close()
    throw new LogCorrupted(path, 0, 'another version of the program wrote it')
  }
  const headerIsWhole = crc32(bytes.subarray(0, headerBytes - 4)) === bytes.readUInt32LE(headerBytes - 4)
  const identity = { id: bytes.toString('hex', 12, 28), salt: bytes.readUInt32LE(8) }
  const slots = [1, 2].map((generation) => decodeSlot(identity.salt, bytes.subarray(slotPosition(generation))))
  const newest = slots.reduce((a, b) => ((a?.generation ?? 0) > (b?.generation ?? 0) ? a : b))
  if (!headerIsWhole || !bytes.subarray(0, magic.length).equals(magic) || newest === undefined) {
    await file.close()
    if (used) throw new LogCorrupted(path, headerIsWhole ? firstSlotPosition : 0, 'no whole commit is in it')
    return undefined
  }
  if (!used && newest.durableEnd === 0) {
    await file.close()
    return undefined
  }
  // A killed process may have left this commit in the system's memory only; before anyone acts on it, it must be durable.
  // It goes to its own slot, so that the one before it stays whole.
  await file.write(encodeSlot(identity.salt, newest), slotPosition(newest.generation))
  return commitFile(file, identity, newest)
}

type Slot = { readonly generation: number; readonly durableEnd: number; readonly commit: Commit }

function commitFile(file: LogFile, identity: Identity, first: Slot): CommitFile {
  let slot = first
  return {
    identity,
    current: () => slot.commit,
    durableEnd: () => slot.durableEnd,
    async write(commit, durableEnd) {
      if (commit.intents.length > intentsLimit)
        throw new RangeError(`a commit has ${commit.intents.length} intents, at most ${intentsLimit} fit`)
      // The generation advances only after success, so a failed write is tried again in the same slot, never over the good one.
      const next = { generation: slot.generation + 1, durableEnd, commit }
      await file.write(encodeSlot(identity.salt, next), slotPosition(next.generation))
      slot = next
    },
    close: () => file.close(),
  }
}

function slotPosition(generation: number): number {
  return firstSlotPosition + (generation % 2) * slotBytes
}

function encodeSlot(salt: number, { generation, durableEnd, commit }: Slot): Buffer {
  const bytes = Buffer.alloc(slotHeaderBytes + 16 * commit.intents.length)
  bytes.writeUInt32LE(commit.intents.length, 4)
  writeInteger(bytes, generation, 8)
  writeInteger(bytes, commit.offset, 16)
  writeInteger(bytes, durableEnd, 24)
  writeInteger(bytes, commit.stored, 32)
  writeInteger(bytes, commit.newestMs, 40)
  commit.intents.forEach(([first, last], i) => {
    writeInteger(bytes, first, slotHeaderBytes + 16 * i)
    writeInteger(bytes, last, slotHeaderBytes + 16 * i + 8)
  })
  bytes.writeUInt32LE(crc32(bytes.subarray(4), salt), 0)
  return bytes
}

function decodeSlot(salt: number, bytes: Buffer): Slot | undefined {
  const count = bytes.readUInt32LE(4)
  if (count > intentsLimit) return undefined
  const end = slotHeaderBytes + 16 * count
  if (crc32(bytes.subarray(4, end), salt) !== bytes.readUInt32LE(0)) return undefined
  const intents = Array.from({ length: count }, (_, i): [number, number] => {
    const position = slotHeaderBytes + 16 * i
    return [readInteger(bytes, position), readInteger(bytes, position + 8)]
  })
  return {
    generation: readInteger(bytes, 8),
    durableEnd: readInteger(bytes, 24),
    commit: {
      offset: readInteger(bytes, 16),
      stored: readInteger(bytes, 32),
      intents,
      newestMs: readInteger(bytes, 40),
    },
  }
}

import { writeSync } from 'node:fs'
import { type FileHandle, mkdir, open, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** A file through which blocks reach the engine, in memory-backed disk where there is room; used again and again. */
export type Spool = {
  /** Where the engine of this process finds it. */
  readonly path: string
  /** Replaces what is in the file. */
  write(pieces: readonly Uint8Array[]): Promise<void>
  /** Replaces what is in the file by pieces as they come. */
  fill(pieces: AsyncIterable<Uint8Array>): Promise<void>
  close(): Promise<void>
}

let spoolCount = 0

export async function createSpool(dataDirectory: string): Promise<Spool> {
  const directory = await spoolDirectory(dataDirectory)
  const putPiece = directory === memoryDirectory ? copyPiece : writePiece
  const name = join(directory, `stepstream-${process.pid}-${Date.now().toString(36)}-${++spoolCount}.native`)
  const file = await open(name, 'wx+', 0o600)
  // Without a name the file cannot outlive the process, however that ends. Elsewhere than on Linux it has to keep one.
  const nameless = process.platform === 'linux'
  if (nameless) await unlink(name)
  return {
    path: nameless ? `/proc/self/fd/${file.fd}` : name,
    write: (pieces) => writeWhole(file, pieces),
    async fill(pieces) {
      let length = 0
      for await (const piece of pieces) {
        await putPiece(file, piece, length)
        length += piece.byteLength
      }
      await file.truncate(length)
    },
    async close() {
      await file.close()
      if (!nameless) await unlink(name).catch(() => {})
    },
  }
}

/** Overwrites the file in place: its pages stay allocated, and truncating to the exact length ends the block. */
async function writeWhole(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  const { bytesWritten } = await file.writev(pieces, 0)
  if (bytesWritten !== length) throw new Error(`wrote ${bytesWritten} of ${length} bytes of a block`)
  await file.truncate(length)
}

/** Into memory a piece is there sooner than a thread of the pool could begin, of which a busy machine makes milliseconds. */
function copyPiece(file: FileHandle, piece: Uint8Array, at: number): void {
  const bytesWritten = writeSync(file.fd, piece, 0, piece.byteLength, at)
  if (bytesWritten !== piece.byteLength) throw new Error(`wrote ${bytesWritten} of ${piece.byteLength} bytes`)
}

async function writePiece(file: FileHandle, piece: Uint8Array, at: number): Promise<void> {
  const { bytesWritten } = await file.write(piece, 0, piece.byteLength, at)
  if (bytesWritten !== piece.byteLength) throw new Error(`wrote ${bytesWritten} of ${piece.byteLength} bytes`)
}

const memoryDirectory = '/dev/shm'
const spoolBytesNeeded = 512 * 1024 * 1024

async function spoolDirectory(dataDirectory: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(memoryDirectory)
    if (bavail * bsize >= spoolBytesNeeded) return memoryDirectory
  } catch {
    // No memory-backed disk here: the data directory serves.
  }
  const directory = join(dataDirectory, 'spool')
  await mkdir(directory, { recursive: true })
  return directory
}

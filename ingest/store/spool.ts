import { type BigIntStats, closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { type FileHandle, mkdir, open, statfs, unlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Through which blocks reach the engine: files in memory-backed disk where there is room, used again and again. */
export type Spool = {
  /** Where the engine of this process finds what was written last. */
  readonly path: string
  /** Replaces what is in it. */
  write(pieces: readonly Uint8Array[]): Promise<void>
  /** Replaces what is in it by pieces as they come. */
  fill(pieces: AsyncIterable<Uint8Array>): Promise<void>
  /** What was written last, as another process of this machine finds it. */
  shown(): Promise<ShownFile>
  close(): Promise<void>
}

/** A file that its process has open, for another one to open: where it is, and by what that can tell that it is this file. */
export type ShownFile = { readonly path: string; readonly identity: string }

/** Device, number, length and moment of the last write: another file that comes to have the same path, also on another machine, differs. */
export function identityOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`
}

/**
 * Blocks up to this size have a file of their own. A file is as long as its last block, and what is cut off of it gives its memory back: a
 * few rows between two large blocks would make the second one five times as expensive to write.
 */
const smallBytes = 256 * 1024

let spoolCount = 0

export async function createSpool(dataDirectory: string): Promise<Spool> {
  return await openSpool(await spoolDirectory(dataDirectory))
}

/** One in memory, if the system has room for it and shows files by the processes that have them open. */
export async function createMemorySpool(): Promise<Spool | undefined> {
  return process.platform === 'linux' && (await hasMemory()) ? await openSpool(memoryDirectory) : undefined
}

async function openSpool(directory: string): Promise<Spool> {
  const putPiece = directory === memoryDirectory ? copyPiece : writePiece
  const small = await openFile(directory)
  const large = await openFile(directory)
  let last = small
  return {
    get path() {
      return last.path
    },
    async write(pieces) {
      last = lengthOf(pieces) <= smallBytes ? small : large
      await writeWhole(last.handle, pieces)
    },
    async fill(pieces) {
      let first: Uint8Array[] = []
      let length = 0
      for await (const piece of pieces) {
        if (length <= smallBytes) first.push(piece)
        else await putPiece(large.handle, piece, length)
        length += piece.byteLength
        if (first.length === 0 || length <= smallBytes) continue
        await writeAt(large.handle, first, 0)
        first = []
      }
      last = length <= smallBytes ? small : large
      if (last === small) await writeAt(small.handle, first, 0)
      await last.handle.truncate(length)
    },
    async shown() {
      const { fd } = last.handle
      return { path: `/proc/${process.pid}/fd/${fd}`, identity: identityOf(await last.handle.stat({ bigint: true })) }
    },
    async close() {
      await small.close()
      await large.close()
    },
  }
}

type SpoolFile = { readonly handle: FileHandle; readonly path: string; close(): Promise<void> }

async function openFile(directory: string): Promise<SpoolFile> {
  const name = join(directory, `stepstream-${process.pid}-${Date.now().toString(36)}-${++spoolCount}.native`)
  // Without a name the file cannot outlive the process, however that ends. Elsewhere than on Linux it has to keep one.
  const nameless = process.platform === 'linux'
  const handle = nameless ? await openNameless(name) : await open(name, 'wx+', 0o600)
  return {
    handle,
    path: nameless ? `/proc/self/fd/${handle.fd}` : name,
    async close() {
      await handle.close()
      if (!nameless) await unlink(name).catch(() => {})
    },
  }
}

/** At once, so that hardly any end of the process leaves the name behind. */
async function openNameless(name: string): Promise<FileHandle> {
  const fd = openSync(name, 'wx+', 0o600)
  try {
    unlinkSync(name)
    return await open(`/proc/self/fd/${fd}`, 'r+')
  } finally {
    closeSync(fd)
  }
}

export const lengthOf = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, piece) => sum + piece.byteLength, 0)

/** Overwrites the file in place: its pages stay allocated, and truncating to the exact length ends the block. */
async function writeWhole(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  await writeAt(file, pieces, 0)
  await file.truncate(lengthOf(pieces))
}

async function writeAt(file: FileHandle, pieces: readonly Uint8Array[], at: number): Promise<void> {
  const length = lengthOf(pieces)
  const { bytesWritten } = length === 0 ? { bytesWritten: 0 } : await file.writev(pieces, at)
  if (bytesWritten !== length) throw new Error(`wrote ${bytesWritten} of ${length} bytes of a block`)
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

async function hasMemory(): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(memoryDirectory)
    return bavail * bsize >= spoolBytesNeeded
  } catch {
    return false
  }
}

/** Where there is no memory-backed disk the data directory serves. */
async function spoolDirectory(dataDirectory: string): Promise<string> {
  if (await hasMemory()) return memoryDirectory
  const directory = join(dataDirectory, 'spool')
  await mkdir(directory, { recursive: true })
  return directory
}

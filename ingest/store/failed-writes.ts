import { existsSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { Session } from 'chdb'

/**
 * The embedded engine goes on after a write that failed as if it had been done: chdb leaves out what ClickHouse throws then
 * (`WriteBufferFromFileDescriptor::nextImpl` in its source), and only counts it. An insert is said to be done whose files are empty, and a merge takes the
 * place of its sources. So the count is looked at before the engine is believed.
 */
export class WriteFailed extends Error {
  /** As ClickHouse tells it. */
  readonly code = '75'
  constructor(what: string) {
    super(`Code: 75. DB::Exception: ${what} (CANNOT_WRITE_TO_FILE_DESCRIPTOR)`)
  }
}

/** Writes of the engine in this process that have failed. 1 ms. */
export async function failedWrites(session: Session): Promise<number> {
  const answer = await session.queryAsync(
    `SELECT value FROM system.events WHERE event = 'WriteBufferFromFileDescriptorWriteFailed'`,
    { format: 'TabSeparated' },
  )
  return Number(answer.text())
}

const MiB = 1024 * 1024

/** With less room than this (or a hundredth of the disk) a write may fail at any moment. */
const scarceBytes = 1024 * MiB

/** Statements that write down what tables there are need so much: what they leave half written no start could read. */
const leastBytes = 16 * MiB

/** Room on the disk of a folder, bytes. 4 µs. */
function room(path: string): { free: number; all: number } {
  const { bavail, blocks, bsize } = statfsSync(path)
  return { free: bavail * bsize, all: blocks * bsize }
}

/** Also where the disk does not say. */
export function isScarce(path: string): boolean {
  try {
    const { free, all } = room(path)
    return free < Math.max(scarceBytes, all / 100)
  } catch {
    return true
  }
}

/** Behind what it may say first. */
const changesTables =
  /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*(?:CREATE|ALTER|RENAME|EXCHANGE|REPLACE|ATTACH|DELETE|UPDATE)\b/i

/** @throws WriteFailed before such a statement, where there is hardly any room */
export function assertRoomFor(statement: string, path: string): void {
  if (changesTables.test(statement)) assertRoom(path)
}

/** @throws WriteFailed where a store would be begun on a disk that is full */
export function assertRoomToBegin(path: string): void {
  if (!existsSync(join(path, 'metadata'))) assertRoom(path)
}

function assertRoom(path: string): void {
  const { free } = room(path)
  if (free >= leastBytes) return
  const left = (free / MiB).toFixed(1)
  throw new WriteFailed(`the disk of ${path} has ${left} MiB left, and ${leastBytes / MiB} are needed`)
}

/** The committed list of SHA-256 sums, in the format of `sha256sum`, and the comparison of a folder of jars with it. */
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageFile } from '../../schema/files.ts'

export const checksumFile = packageFile('infra/kafka/checksums.sha256')

/** The jars are not those that were listed; the message names each that differs. */
export class ChecksumMismatch extends Error {}

/** SHA-256 in hex by file name. */
export type Checksums = ReadonlyMap<string, string>

export async function readChecksums(path = checksumFile): Promise<Checksums> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const match = /^([0-9a-f]{64}) {2}(\S+\.jar)$/.exec(line)
      if (!match) throw new Error(`${path} has a line that is no checksum: ${line}`)
      return [match[2]!, match[1]!]
    }),
  )
}

export async function checksumsOf(folder: string): Promise<Checksums> {
  const names = (await readdir(folder)).sort()
  const sums = names.map(async (name) => {
    const bytes = await readFile(join(folder, name))
    return [name, createHash('sha256').update(bytes).digest('hex')] as const
  })
  return new Map(await Promise.all(sums))
}

/**
 * Throws `ChecksumMismatch` unless the folder holds the listed files, all of them and nothing else. `what` begins its message.
 */
export async function verifyChecksums(folder: string, expected: Checksums, what: string): Promise<void> {
  const found = await checksumsOf(folder)
  const wrong = [
    ...[...expected.keys()].filter((name) => !found.has(name)).map((name) => `${name} is missing`),
    ...[...found].flatMap(([name, sum]) => {
      const listed = expected.get(name)
      if (listed === undefined) return [`${name} is not listed`]
      return listed === sum ? [] : [`${name} has SHA-256 ${sum}, listed is ${listed}`]
    }),
  ]
  if (wrong.length > 0) {
    throw new ChecksumMismatch(
      `${what} are not those that checksums.sha256 lists, and are not run: ${wrong.join('; ')}`,
    )
  }
}

export async function writeChecksums(folder: string, path = checksumFile): Promise<void> {
  const lines = [...(await checksumsOf(folder))].map(([name, sum]) => `${sum}  ${name}\n`)
  await writeFile(path, lines.join(''))
}

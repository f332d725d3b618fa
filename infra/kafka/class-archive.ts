/**
 * What the JVM makes of the classes that a broker loads, kept beside the jars, and gone with them: with it a broker starts in two thirds of the time and CPU.
 * A JVM that cannot use the file starts without it.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Starts a broker in a directory with these options for its JVM, and stops it. */
export type Rehearsal = (directory: string, javaOptions: readonly string[]) => Promise<void>

/** Options for the JVM; where there is no archive yet, one start of a broker goes before, to write it. */
export async function classArchiveOptions(
  kafkaFolder: string,
  javaVersion: string,
  rehearse: Rehearsal,
): Promise<readonly string[]> {
  const archive = join(kafkaFolder, `classes-java-${javaVersion}.jsa`)
  if (!existsSync(archive)) await writeArchive(archive, rehearse)
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`] : []
}

async function writeArchive(archive: string, rehearse: Rehearsal): Promise<void> {
  const own = `${archive}.${process.pid}.${randomBytes(4).toString('hex')}`
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-rehearsal-'))
  try {
    await rehearse(directory, [`-XX:ArchiveClassesAtExit=${own}`])
    await rename(own, archive)
  } catch {
    // Without an archive brokers start too. What is wrong with this one will be said by the next.
  } finally {
    await rm(own, { force: true })
    await rm(directory, { recursive: true, force: true })
  }
}

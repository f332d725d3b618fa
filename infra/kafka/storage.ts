/** The folder of a cluster: which cluster it is, and its brokers' storage, formatted once. */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { propertiesFile } from './broker.ts'
import { saslUser } from './properties.ts'

export type ClusterIdentity = { readonly clusterId: string; readonly brokers: number }

/** Reads what cluster lives in the directory, or makes it one. Throws when it is one of another size. */
export async function clusterIdentity(directory: string, brokers: number): Promise<ClusterIdentity> {
  const path = join(directory, 'cluster.json')
  if (!existsSync(path)) {
    // Kafka's identifiers are 16 bytes in URL-safe base64; one that begins with a dash it would take for an option.
    const clusterId = `s${randomBytes(16).toString('base64url').slice(1)}`
    await writeWhole(path, `${JSON.stringify({ clusterId, brokers })}\n`)
  }
  const identity = JSON.parse(await readFile(path, 'utf8')) as ClusterIdentity
  if (identity.brokers !== brokers) {
    throw new Error(
      `${directory} holds a cluster of ${identity.brokers} brokers, not of ${brokers}; name another directory`,
    )
  }
  return identity
}

/** Formats a broker's storage unless that has been done to its end. `java` and `options` run a class of Kafka. */
export async function formatStorage(
  folder: string,
  clusterId: string,
  java: string,
  options: readonly string[],
): Promise<void> {
  const done = join(folder, 'formatted')
  if (existsSync(done)) return
  // Users of SCRAM are part of the storage. They are always there, so that a directory can be used with and without SASL.
  const { username, password } = saslUser
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ])
  await promisify(execFile)(java, [
    ...options,
    'kafka.tools.StorageTool',
    'format',
    `--cluster-id=${clusterId}`,
    `--config=${join(folder, propertiesFile)}`,
    // What a format that was interrupted left behind is of the same cluster.
    '--ignore-formatted',
    ...scram,
  ]).catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(
      `Kafka's storage in ${folder} could not be formatted:\n${error.stderr ?? ''}${error.stdout ?? error.message}`,
    )
  })
  await writeWhole(done, '')
}

async function writeWhole(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

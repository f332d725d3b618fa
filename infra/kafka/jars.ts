/**
 * Kafka's jars, fetched by Maven once into a cache outside the work tree. A fetch has a folder and a Maven repository of its own and
 * is renamed into place when it is complete and verified, so fetches side by side do not meet and none leaves half a cache.
 */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { packageFile } from '../../schema/files.ts'
import { checksumFile, readChecksums, verifyChecksums, writeChecksums } from './checksums.ts'

type Environment = Readonly<Record<string, string | undefined>>

const pomFile = packageFile('infra/kafka/pom.xml')

/** The version that the pom pins. */
export function kafkaVersion(): string {
  const match = /<kafka\.version>([0-9.]+)<\/kafka\.version>/.exec(readFileSync(pomFile, 'utf8'))
  if (!match) throw new Error(`${pomFile} names no kafka.version`)
  return match[1]!
}

/** Where the jars are or will be, in `jars`, and what else is made of them. */
export function kafkaFolder(env: Environment = process.env): string {
  const cache = env.STEPSTREAM_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stepstream')
  const hash = createHash('sha256').update(readFileSync(pomFile)).digest('hex').slice(0, 12)
  return join(cache, `kafka-${kafkaVersion()}-${hash}`)
}

export const jarFolder = (env: Environment = process.env) => join(kafkaFolder(env), 'jars')

/**
 * Paths of every jar that a broker needs, fetched if they are not there. Verified at each call: hashing them takes a tenth of what
 * starting a broker does. Throws `ChecksumMismatch`.
 */
export async function kafkaJars(
  maven: string | undefined,
  env: Environment = process.env,
  checksums = checksumFile,
): Promise<string[]> {
  const folder = kafkaFolder(env)
  const jars = jarFolder(env)
  const expected = await readChecksums(checksums)
  if (!existsSync(folder)) {
    if (maven === undefined) throw new Error(`${folder} is not there, and without Maven it cannot be fetched`)
    await fetchInto(folder, maven, (fetched) => verifyChecksums(fetched, expected, 'The jars that Maven fetched'))
  }
  await verifyChecksums(jars, expected, `The jars in ${folder} (remove it to have them fetched again)`)
  return [...expected.keys()].sort().map((name) => join(jars, name))
}

/** Fetches what the pom names now and lists its checksums, for review and commit. */
export async function refreshChecksums(maven: string, env: Environment = process.env): Promise<void> {
  const folder = kafkaFolder(env)
  await rm(folder, { recursive: true, force: true })
  await fetchInto(folder, maven, (jars) => writeChecksums(jars))
}

async function fetchInto(folder: string, maven: string, check: (jars: string) => Promise<void>): Promise<void> {
  const own = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}`
  const jars = join(own, 'jars')
  const repository = join(own, 'repository')
  await mkdir(jars, { recursive: true })
  try {
    await runMaven(maven, [
      '--batch-mode',
      '--quiet',
      '--strict-checksums',
      `--file=${pomFile}`,
      `-Dmaven.repo.local=${repository}`,
      `-DoutputDirectory=${jars}`,
      'dependency:copy-dependencies',
    ])
    await check(jars)
    await rm(repository, { recursive: true, force: true })
    await rename(own, folder).catch((error: NodeJS.ErrnoException) => {
      // Another fetch was sooner; what it left is verified as ours was.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

const fetchMs = 15 * 60_000

function runMaven(maven: string, options: readonly string[]): Promise<void> {
  const child = spawn(maven, options, { stdio: ['ignore', 'pipe', 'pipe'], timeout: fetchMs })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000)
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`Maven could not fetch Kafka (${signal ?? `exit code ${code}`}):\n${output}`))
    })
  })
}

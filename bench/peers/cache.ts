/** Where peers are installed: in the same cache as Kafka's jars, outside of the work tree, each version in a folder of its own. */
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { onPath } from '../../infra/kafka/java.ts'
import { packageFile } from '../../schema/files.ts'

type Environment = Readonly<Record<string, string | undefined>>

export function defaultCache(env: Environment = process.env): string {
  return env.STEPSTREAM_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'stepstream')
}

export type Package = {
  readonly name: string
  readonly version: string
  /** Files of this repository that say what is fetched; a hash of them is part of the folder's name. */
  readonly pins: readonly string[]
  /** Fills an empty folder. */
  readonly fill: (folder: string) => Promise<void>
}

/**
 * The folder of a package, filled if it is not there. It is filled under another name and renamed when that is complete, so installs side
 * by side do not meet and none leaves half a folder.
 */
export async function installed(one: Package, cache: string): Promise<string> {
  const hash = createHash('sha256')
  for (const pin of one.pins) hash.update(readFileSync(packageFile(pin)))
  const folder = join(cache, `${one.name}-${one.version}-${hash.digest('hex').slice(0, 12)}`)
  if (existsSync(folder)) return folder
  const own = `${folder}.${process.pid}.${randomBytes(4).toString('hex')}`
  await mkdir(own, { recursive: true })
  try {
    await one.fill(own)
    await rename(own, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(own, { recursive: true, force: true })
  }
  return folder
}

/** A peer cannot be installed or run here; the message says what is missing and how to get it. */
export class PeerUnavailable extends Error {}

/** Path of a program that a peer needs. Throws `PeerUnavailable`. */
export function required(program: string, peer: string, how: string): string {
  const path = onPath(program)
  if (path === undefined) throw new PeerUnavailable(`${peer} needs ${program}, which is not on PATH: ${how}`)
  return path
}

const installMs = 15 * 60_000

/** Runs an installer to its end. Throws with the end of what it printed when it fails. */
export function runInstaller(
  command: string,
  options: readonly string[],
  directory: string,
  env: Environment = {},
): Promise<void> {
  const child = spawn(command, options, {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: installMs,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4_000)
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Error(`${command} ${options[0]} failed (${signal ?? `exit code ${code}`}):\n${output}`))
    })
  })
}

/** Whether this machine can run a broker, and if not what it lacks and how to get it. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { jarFolder } from './jars.ts'

type Environment = Readonly<Record<string, string | undefined>>

export type KafkaRequirements =
  | {
      readonly available: true
      /** Path of `java`, 17 or newer. */
      readonly java: string
      /** Such as `17.0.15`. */
      readonly javaVersion: string
      /** Path of `mvn`; undefined when there is none and the jars are there already. */
      readonly maven: string | undefined
    }
  | { readonly available: false; readonly reason: string }

const oldestJava = 17
const getJava = `install Java ${oldestJava} or newer (Debian: apt-get install openjdk-17-jre-headless) and put it on PATH or name it by JAVA_HOME`

export function kafkaRequirements(env: Environment = process.env): KafkaRequirements {
  const java = env.JAVA_HOME ? executable(join(env.JAVA_HOME, 'bin', 'java')) : onPath('java', env)
  if (java === undefined) {
    const where = env.JAVA_HOME ? `JAVA_HOME (${env.JAVA_HOME}) has no bin/java` : 'there is no java on PATH'
    return { available: false, reason: `Kafka cannot be started: ${where}; ${getJava}` }
  }
  const javaVersion = versionOf(java)
  if (javaVersion === undefined || majorOf(javaVersion) < oldestJava) {
    return {
      available: false,
      reason: `Kafka cannot be started: ${java} is ${javaVersion ? `Java ${javaVersion}` : 'no Java'}; ${getJava}`,
    }
  }
  const maven = onPath('mvn', env)
  if (maven === undefined && !existsSync(jarFolder(env))) {
    const how = 'install Maven (Debian: apt-get install maven) and put it on PATH'
    return { available: false, reason: `Kafka's jars cannot be fetched: there is no mvn on PATH; ${how}` }
  }
  return { available: true, java, javaVersion, maven }
}

/** A program on PATH. */
export function onPath(name: string, env: Environment = process.env): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => executable(join(folder, name))).find((path) => path !== undefined)
}

function executable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile() ? path : undefined
  } catch {
    return undefined
  }
}

/** `openjdk version "17.0.15" …` is 17.0.15. */
function versionOf(java: string): string | undefined {
  const { stdout, stderr } = spawnSync(java, ['-version'], { encoding: 'utf8' })
  return /version "([0-9._]+)/.exec(`${stderr}${stdout}`)?.[1]
}

/** Java 8 called itself 1.8. */
const majorOf = (version: string) => Number(version.replace(/^1\./, '').split('.')[0])

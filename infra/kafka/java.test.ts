import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { kafkaTestOptions } from './fixture.ts'
import { jarFolder } from './jars.ts'
import { kafkaRequirements } from './java.ts'

type Programs = { readonly java?: string; readonly mvn?: string }

/** An environment whose PATH has only these programs, each a line of shell. */
async function withPrograms(programs: Programs, work: (env: Record<string, string>) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-java-'))
  try {
    const bin = join(directory, 'bin')
    await mkdir(bin)
    for (const [name, line] of Object.entries(programs)) {
      await writeFile(join(bin, name), `#!/bin/sh\n${line}\n`)
      await chmod(join(bin, name), 0o755)
    }
    await work({ PATH: bin, STEPSTREAM_CACHE: join(directory, 'cache') })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const java17 = `echo 'openjdk version "17.0.15" 2025-04-15' >&2`
const missing: Record<string, [Programs, RegExp]> = {
  'without Java the reason names the package and PATH': [
    { mvn: '' },
    /no java on PATH; install .*openjdk-17.* JAVA_HOME/,
  ],
  'Java 8 is too old': [
    { mvn: '', java: `echo 'java version "1.8.0_362"' >&2` },
    /is Java 1\.8\.0_362; install Java 17/,
  ],
  'Java 11 is too old': [{ mvn: '', java: `echo 'openjdk version "11.0.2"'` }, /is Java 11\.0\.2; install Java 17/],
  'a java that says nothing is none': [{ mvn: '', java: 'exit 1' }, /is no Java; install/],
  'without Maven the reason names its package': [
    { java: java17 },
    /no mvn on PATH; install Maven .*apt-get install maven/,
  ],
}

for (const [name, [programs, reason]] of Object.entries(missing)) {
  test(name, () =>
    withPrograms(programs, async (env) => {
      const requirements = kafkaRequirements(env)
      assert.ok(!requirements.available)
      assert.match(requirements.reason, reason)
    }),
  )
}

test('Java 17 and Maven are enough, and Maven is not needed when the jars are there', () =>
  withPrograms({ java: java17, mvn: '' }, async (env) => {
    const [java, maven] = ['java', 'mvn'].map((name) => join(env.PATH!, name))
    assert.deepEqual(kafkaRequirements(env), { available: true, java, javaVersion: '17.0.15', maven })
    await rm(maven!)
    await mkdir(jarFolder(env), { recursive: true })
    assert.deepEqual(kafkaRequirements(env), { available: true, java, javaVersion: '17.0.15', maven: undefined })
  }))

test('JAVA_HOME goes before PATH, and is named when there is no Java in it', () =>
  withPrograms({ java: java17, mvn: '' }, async (env) => {
    const JAVA_HOME = join(env.PATH!, 'nowhere')
    const requirements = kafkaRequirements({ ...env, JAVA_HOME })
    assert.ok(!requirements.available)
    assert.match(requirements.reason, /JAVA_HOME \(.*nowhere\) has no bin\/java/)
  }))

test('a test that lacks Java is skipped with the reason, and fails where CI is set', () =>
  withPrograms({}, async (env) => {
    for (const CI of ['', 'false', '0']) assert.match((await kafkaTestOptions({ ...env, CI })).skip!, /no java on PATH/)
    await assert.rejects(kafkaTestOptions({ ...env, CI: 'true' }), /no java on PATH/)
  }))

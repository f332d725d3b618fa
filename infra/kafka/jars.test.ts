import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ChecksumMismatch, readChecksums, verifyChecksums, writeChecksums } from './checksums.ts'
import { jarFolder, kafkaFolder, kafkaJars, kafkaVersion } from './jars.ts'

type Scratch = {
  readonly env: { readonly STEPSTREAM_CACHE: string }
  readonly cache: string
  readonly checksums: string
  /** A program in Maven's place that runs these lines of shell with `$jars`, the folder to copy to. */
  maven(lines: string): Promise<string>
}

/** The list names `a.jar` that holds "a" and `b.jar` that holds "b". */
async function withScratch(work: (scratch: Scratch) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'stepstream-jars-'))
  try {
    const cache = join(directory, 'cache')
    const listed = join(directory, 'listed')
    const checksums = join(directory, 'checksums.sha256')
    await mkdir(listed)
    await writeFile(join(listed, 'a.jar'), 'a')
    await writeFile(join(listed, 'b.jar'), 'b')
    await writeChecksums(listed, checksums)
    const maven = async (lines: string) => {
      const path = join(directory, 'mvn')
      const find = 'for option; do case $option in -DoutputDirectory=*) jars=$' + '{option#*=};; esac; done'
      await writeFile(path, `#!/bin/sh\n${find}\n${lines}\n`)
      await chmod(path, 0o755)
      return path
    }
    await work({ env: { STEPSTREAM_CACHE: cache }, cache, checksums, maven })
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

const goodMaven = 'printf a > $jars/a.jar; sleep 0.2; printf b > $jars/b.jar'

const rows: Record<string, (scratch: Scratch) => Promise<void>> = {
  async 'what Maven fetched is kept and not fetched again'({ env, checksums, maven }) {
    const folder = jarFolder(env)
    const expected = [join(folder, 'a.jar'), join(folder, 'b.jar')]
    assert.deepEqual(await kafkaJars(await maven(goodMaven), env, checksums), expected)
    assert.deepEqual(await kafkaJars(await maven('exit 1'), env, checksums), expected)
    assert.deepEqual(await kafkaJars(undefined, env, checksums), expected)
  },

  async 'fetches side by side all succeed and leave one folder'({ env, cache, checksums, maven }) {
    const program = await maven(goodMaven)
    await Promise.all(Array.from({ length: 4 }, () => kafkaJars(program, env, checksums)))
    assert.deepEqual((await readdir(cache)).length, 1)
    assert.deepEqual((await readdir(jarFolder(env))).sort(), ['a.jar', 'b.jar'])
  },

  async 'a fetched jar with another checksum is refused and nothing is kept'({ env, cache, checksums, maven }) {
    const program = await maven(`${goodMaven}; printf x > $jars/b.jar`)
    await assert.rejects(kafkaJars(program, env, checksums), (error) => {
      assert.ok(error instanceof ChecksumMismatch)
      assert.match(error.message, /^The jars that Maven fetched .* b\.jar has SHA-256 2d711642/)
      assert.doesNotMatch(error.message, /a\.jar/)
      return true
    })
    assert.deepEqual(await readdir(cache), [])
  },

  async 'a jar that changed in the cache, one more and one less are each refused'({ env, checksums, maven }) {
    const folder = jarFolder(env)
    const changes: [RegExp, () => Promise<void>][] = [
      [/remove it to have them fetched again.*a\.jar has SHA-256/, () => writeFile(join(folder, 'a.jar'), 'A')],
      [/c\.jar is not listed/, () => writeFile(join(folder, 'c.jar'), 'c')],
      [/b\.jar is missing/, () => rm(join(folder, 'b.jar'))],
    ]
    for (const [message, change] of changes) {
      await rm(kafkaFolder(env), { recursive: true, force: true })
      await kafkaJars(await maven(goodMaven), env, checksums)
      await change()
      await assert.rejects(kafkaJars(undefined, env, checksums), { constructor: ChecksumMismatch, message })
    }
  },

  async 'when Maven fails its own words are in the error, and nothing is kept'({ env, cache, checksums, maven }) {
    const program = await maven('echo "no route to any host"; exit 3')
    await assert.rejects(
      kafkaJars(program, env, checksums),
      /could not fetch Kafka \(exit code 3\):\nno route to any host/,
    )
    assert.deepEqual(await readdir(cache), [])
    await assert.rejects(kafkaJars(undefined, env, checksums), /without Maven it cannot be fetched/)
  },

  async 'the committed list has the pinned Kafka and is as it would be written'() {
    const listed = await readChecksums()
    assert.ok(listed.has(`kafka_2.13-${kafkaVersion()}.jar`))
    assert.deepEqual([...listed.keys()], [...listed.keys()].sort())
  },

  async 'a line that is no checksum is refused'({ checksums }) {
    await writeFile(checksums, 'rubbish\n')
    await assert.rejects(readChecksums(checksums), /a line that is no checksum: rubbish/)
  },

  async 'an empty folder is not taken for a complete one'({ cache, checksums }) {
    await mkdir(cache)
    await assert.rejects(verifyChecksums(cache, await readChecksums(checksums), 'They'), ChecksumMismatch)
  },
}

for (const [name, work] of Object.entries(rows)) test(name, () => withScratch(work))

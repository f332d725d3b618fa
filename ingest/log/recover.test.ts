import assert from 'node:assert/strict'
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { LogCorrupted } from './embedded.ts'
import { commitAt, randomPayloads, readAll, type Scratch, withScratch } from './fixture.ts'

const small = { segmentBytes: 16 * 1024, keepBytes: 0 }
const headerBytes = 64
const payloadBytes = 100
const recordBytes = 20 + payloadBytes
const lastSegment = '0000000000000000.segment'

const rows: Record<string, (scratch: Scratch) => Promise<void>> = {
  async 'a last record cut at any byte is removed with a warning, and the rest is whole'(scratch) {
    const { commit, segment, payloads, path } = await unclosedLog(scratch, 3)
    const whole = headerBytes + 2 * recordBytes
    for (let bytes = whole; bytes <= segment.length; bytes++) {
      await writeFile(path, segment.subarray(0, bytes))
      await writeFile(join(scratch.directory, 'commit'), commit)
      await expectRecords(scratch, bytes === segment.length ? payloads : payloads.slice(0, 2))
      assert.equal((await readFile(path)).length, bytes === segment.length ? bytes : whole)
      assert.equal(scratch.messages.splice(0).length, bytes === whole || bytes === segment.length ? 0 : 1)
    }
  },

  async 'a last record with any byte changed is removed'(scratch) {
    const { commit, segment, payloads, path } = await unclosedLog(scratch, 3)
    for (let byte = headerBytes + 2 * recordBytes; byte < segment.length; byte++) {
      await writeFile(path, flipped(segment, byte))
      await writeFile(join(scratch.directory, 'commit'), commit)
      await expectRecords(scratch, payloads.slice(0, 2))
    }
  },

  async 'a torn group with whole records behind the first bad one is removed from the bad one on'(scratch) {
    const log = await scratch.open()
    const commit = await readFile(join(scratch.directory, 'commit'))
    const payloads = randomPayloads(10, payloadBytes)
    await log.append(0, payloads[0]!)
    await Promise.all(payloads.slice(1).map((payload) => log.append(0, payload)))
    await log.close()
    const path = join(scratch.directory, lastSegment)
    await writeFile(path, flipped(await readFile(path), headerBytes + 4 * recordBytes + 50))
    await writeFile(join(scratch.directory, 'commit'), commit)
    await expectRecords(scratch, payloads.slice(0, 4))
  },

  async 'a changed byte before the last group is an error with file and position, not a cut'(scratch) {
    const { commit, segment, path } = await unclosedLog(scratch, 5)
    for (let byte = headerBytes + recordBytes; byte < headerBytes + 2 * recordBytes; byte++) {
      await writeFile(path, flipped(segment, byte))
      await writeFile(join(scratch.directory, 'commit'), commit)
      await expectDamage(scratch, path, headerBytes + recordBytes)
      assert.ok((await readFile(path)).equals(flipped(segment, byte)))
    }
  },

  async 'the end of the log is missed when a clean close or a commit has seen it'(scratch) {
    const { segment, path } = await unclosedLog(scratch, 3)
    await truncate(path, segment.length - 1)
    await expectDamage(scratch, path, segment.length - recordBytes)
  },

  async 'a changed byte in the header of the last segment is an error'(scratch) {
    const { segment, path } = await unclosedLog(scratch, 3)
    for (let byte = 0; byte < headerBytes; byte++) {
      await writeFile(path, flipped(segment, byte))
      await expectDamage(scratch, path, 0)
    }
  },

  async 'a segment whose header was cut at any byte was never used and is removed'(scratch) {
    const { names, payloads } = await manySegments(scratch)
    const path = join(scratch.directory, names.at(-1)!)
    const next = join(scratch.directory, '0000000000001000.segment')
    const header = (await readFile(path)).subarray(0, headerBytes)
    for (let bytes = 0; bytes < headerBytes; bytes++) {
      await writeFile(next, header.subarray(0, bytes))
      await expectRecords(scratch, payloads)
    }
  },

  async 'a missing segment, a shortened one and a foreign one are errors'(scratch) {
    const { names } = await manySegments(scratch)
    const path = join(scratch.directory, names[2]!)
    const bytes = await readFile(path)
    await rm(path)
    await expectDamage(scratch, join(scratch.directory, names[3]!), 40)
    await writeFile(path, bytes.subarray(0, bytes.length - 1))
    await expectDamage(scratch, path, bytes.length - 1)
    await writeFile(path, flipped(bytes, 20))
    await expectDamage(scratch, path, 0)
    await writeFile(path, bytes)
    await rm(join(scratch.directory, names[0]!))
    await expectDamage(scratch, join(scratch.directory, names[1]!), 0)
  },

  async 'damage in an older segment is found when it is read'(scratch) {
    const { names, payloads } = await manySegments(scratch)
    const path = join(scratch.directory, names[1]!)
    await writeFile(path, flipped(await readFile(path), headerBytes + 3 * recordBytes + 30))
    const log = await scratch.open(small)
    const first = Number.parseInt(names[1]!, 10)
    const records = await log.reader.read(first, 1e6, new AbortController().signal)
    assert.deepEqual(
      records.map(({ payload }) => Buffer.from(payload)),
      payloads.slice(first, first + 3),
    )
    await assert.rejects(readAll(log, first), (error) => isDamage(error, path, headerBytes + 3 * recordBytes))
    await log.close()
  },

  async 'dropped segments that come back are dropped again, even with gaps between them'(scratch) {
    const { names, payloads } = await manySegments(scratch)
    const kept = await Promise.all([0, 2].map((i) => readFile(join(scratch.directory, names[i]!))))
    const log = await scratch.open(small)
    await log.reader.commit(commitAt(Number.parseInt(names[4]!, 10)))
    await log.close()
    await writeFile(join(scratch.directory, names[0]!), kept[0]!)
    await writeFile(join(scratch.directory, names[2]!), kept[1]!)
    const again = await scratch.open(small)
    const { offset } = await again.reader.committed()
    assert.deepEqual(
      (await readAll(again, offset)).map(({ payload }) => payload),
      payloads.slice(offset),
    )
    assert.equal((await segmentNames(scratch)).length, names.length - 4)
    await again.close()
  },

  async 'a torn commit leaves the one before it; two bad ones are an error'(scratch) {
    const log = await scratch.open()
    await Promise.all(randomPayloads(9, payloadBytes).map((payload) => log.append(0, payload)))
    for (let offset = 1; offset <= 9; offset++)
      await log.reader.commit(commitAt(offset - 1, [[offset - 1, offset - 1]]))
    const path = join(scratch.directory, 'commit')
    const bytes = await readFile(path)
    await log.close()
    const [slot0, slot1] = [4096, 4096 + 65536]
    const newer = bytes.readUInt32LE(slot0 + 8) > bytes.readUInt32LE(slot1 + 8) ? slot0 : slot1
    for (let byte = 0; byte < 64; byte++) {
      await writeFile(path, flipped(bytes, newer + byte))
      const again = await scratch.open()
      assert.deepEqual(await again.reader.committed(), commitAt(7, [[7, 7]]))
      await again.close()
    }
    await writeFile(path, flipped(flipped(bytes, slot0 + 9), slot1 + 9))
    await expectDamage(scratch, path, 4096)
    await rm(path)
    await expectDamage(scratch, path, 0)
  },

  async 'a first start cut short at any point is begun again'(scratch) {
    const log = await scratch.open()
    await log.close()
    const path = join(scratch.directory, 'commit')
    const bytes = await readFile(path)
    for (const length of [0, 10, 31, 32, 4096, 4100, 4096 + 65536 + 8]) {
      await rm(join(scratch.directory, lastSegment))
      await writeFile(path, bytes.subarray(0, length))
      await expectRecords(scratch, [])
    }
  },
}

for (const [sentence, run] of Object.entries(rows)) test(sentence, () => withScratch(run))

function flipped(bytes: Buffer, position: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[position]! ^= 0x10
  return copy
}

/** A log of single-record groups, and its commit file as it was before the close, which knows of no records. */
async function unclosedLog({ open, directory }: Scratch, records: number) {
  const log = await open()
  const commit = await readFile(join(directory, 'commit'))
  const payloads = randomPayloads(records, payloadBytes)
  for (const payload of payloads) await log.append(0, payload)
  await log.close()
  const path = join(directory, lastSegment)
  return { commit, payloads, path, segment: await readFile(path) }
}

async function manySegments(scratch: Scratch) {
  const log = await scratch.open(small)
  const payloads = randomPayloads(1000, payloadBytes)
  for (const payload of payloads) await log.append(0, payload)
  await log.close()
  return { payloads, names: await segmentNames(scratch) }
}

async function segmentNames({ directory }: Scratch): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.segment')).sort()
}

async function expectRecords({ open }: Scratch, payloads: Buffer[]): Promise<void> {
  const log = await open()
  assert.equal(log.reader.end(), payloads.length)
  assert.deepEqual(
    (await readAll(log, 0)).map(({ payload }) => payload),
    payloads,
  )
  await log.close()
}

async function expectDamage({ open }: Scratch, file: string, position: number): Promise<void> {
  await assert.rejects(open(), (error) => isDamage(error, file, position))
}

function isDamage(error: unknown, file: string, position: number): boolean {
  assert.ok(error instanceof LogCorrupted, String(error))
  assert.deepEqual({ file: error.file, position: error.position }, { file, position })
  return true
}

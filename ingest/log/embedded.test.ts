import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Refusal } from '../../schema/errors.ts'
import { type FileSystem, type LogFile, nodeFileSystem } from './file-system.ts'
import { commitAt, randomPayloads, readAll, type Scratch, withScratch } from './fixture.ts'
import { encodeRecord } from './layout.ts'
import { createRecent } from './recent.ts'

const KiB = 1024
const small = { segmentBytes: 16 * KiB, keepBytes: 0 }
const refused = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code

const rows: Record<string, (scratch: Scratch) => Promise<void>> = {
  async 'appends get ascending offsets in call order and are read back in that order'({ open }) {
    const log = await open()
    const payloads = randomPayloads(500, 300)
    const offsets = await Promise.all(payloads.map((payload) => log.append(0, payload)))
    assert.deepEqual(
      offsets,
      payloads.map((_, i) => i),
    )
    assert.equal(log.reader.end(), 500)
    assert.deepEqual(
      await readAll(log, 0),
      payloads.map((payload, offset) => ({ offset, payload })),
    )
    assert.deepEqual(await readAll(log, 123), payloads.map((payload, offset) => ({ offset, payload })).slice(123))
  },

  async 'promises resolve in order'({ open }) {
    const log = await open({ groupBytes: 2 * KiB })
    const order: number[] = []
    await Promise.all(randomPayloads(100, 300).map(async (payload) => order.push(await log.append(0, payload))))
    assert.deepEqual(
      order,
      order.map((_, i) => i),
    )
    assert.ok(log.stats().syncs > 10 && log.stats().syncs < 100)
  },

  async 'records that wait for a sync share the next one'({ open }) {
    const log = await open()
    await Promise.all(randomPayloads(1000, 100).map((payload) => log.append(0, payload)))
    assert.ok(log.stats().syncs <= 2, `${log.stats().syncs} syncs`)
    assert.equal(log.stats().appends, 1000)
    assert.equal(log.stats().records, 1000)
  },

  async 'id, records and commit outlive a restart, in one segment and in many'({ open }) {
    for (const options of [{}, small]) {
      const payloads = randomPayloads(100, 1000)
      const log = await open(options)
      const start = log.reader.end()
      for (const payload of payloads) await log.append(0, payload)
      const intents = [
        [start + 20, start + 29],
        [start + 30, start + 31],
      ] as const
      const commit = { offset: start + 10, stored: start + 20, intents, newestMs: 1_700_000_000_123 }
      await log.reader.commit(commit)
      await log.close()
      const again = await open(options)
      assert.equal(again.id, log.id)
      assert.match(again.id, /^[0-9a-f]{32}$/)
      assert.equal(again.reader.end(), start + 100)
      assert.deepEqual(await again.reader.committed(), commit)
      assert.deepEqual(
        (await readAll(again, start + 10)).map(({ payload }) => payload),
        payloads.slice(10),
      )
      assert.equal(await again.append(0, payloads[0]!), start + 100)
      await again.close()
    }
  },

  async 'a record may be empty, as large as a segment, but not larger'({ open }) {
    const log = await open(small)
    const payloads = [0, 1, 16 * KiB - 64 - 20, 0, 5].map((bytes) => Buffer.alloc(bytes, 7))
    await Promise.all(payloads.map((payload) => log.append(0, payload)))
    await assert.rejects(log.append(0, Buffer.alloc(16 * KiB)), RangeError)
    assert.deepEqual(
      (await readAll(log, 0)).map(({ payload }) => payload),
      payloads,
    )
  },

  async 'a record larger than the memory chunks and the read buffer is stored and read like any other'({ open }) {
    const payloads = [...randomPayloads(3, 9_000_000), ...randomPayloads(3, 10)]
    const log = await open()
    await Promise.all(payloads.map((payload) => log.append(0, payload)))
    const bytes = async (reopened: typeof log) => (await readAll(reopened, 0)).map(({ payload }) => payload)
    assert.deepEqual(await bytes(log), payloads)
    await log.close()
    assert.deepEqual(await bytes(await open()), payloads)
  },

  async 'a reader far behind reads from disk, catches up into memory, and misses nothing'({ open }) {
    const log = await open({ segmentBytes: 200 * KiB, keepBytes: 256 * KiB, groupBytes: 20 * KiB })
    const payloads = randomPayloads(3000, 777)
    const writing = Promise.all(payloads.map((payload) => log.append(0, payload)))
    const { signal } = new AbortController()
    for (let next = 0; next < payloads.length; ) {
      for (const { offset, payload } of await log.reader.read(next, 5000, signal)) {
        assert.equal(offset, next)
        assert.ok(payloads[offset]!.equals(payload))
        next++
      }
    }
    await writing
    assert.deepEqual(
      (await readAll(log, 0)).map(({ payload }) => payload),
      payloads,
    )
  },

  async 'a reader may go back and forth on disk'({ open }) {
    const log = await open(small)
    const payloads = randomPayloads(1000, 1000)
    await Promise.all(payloads.map((payload) => log.append(0, payload)))
    for (const offset of [300, 301, 299, 0, 500, 5, 305]) {
      const records = await log.reader.read(offset, 5000, new AbortController().signal)
      assert.ok(records.length > 0)
      assert.deepEqual(
        records.map(({ payload }) => Buffer.from(payload)),
        payloads.slice(offset, offset + records.length),
      )
    }
  },

  async 'memory keeps the newest records and forgets the oldest'() {
    const recent = createRecent(256 * KiB, () => 1000)
    for (let offset = 0; offset < 1000; offset++) {
      const chunk = recent.chunkFor(1020, offset)
      chunk.used = encodeRecord(chunk.bytes, chunk.used, 0, offset, 0, Buffer.alloc(1000))
      chunk.next = offset + 1
    }
    const held = Array.from({ length: 1000 }, (_, offset) => recent.read(offset, 1000, 1) !== undefined)
    const oldest = held.indexOf(true)
    assert.ok(held.slice(oldest).every(Boolean))
    assert.ok(oldest > 1000 - 256 && oldest < 1000 - 180, `oldest ${oldest}`)
  },

  async 'records stay as they were until the next read, whatever is appended meanwhile'({ open }) {
    const log = await open({ keepBytes: 64 * KiB })
    const payloads = randomPayloads(20, 1000)
    await Promise.all(payloads.map((payload) => log.append(0, payload)))
    const records = await log.reader.read(0, 100_000, new AbortController().signal)
    await Promise.all(randomPayloads(2000, 1000).map((payload) => log.append(0, payload)))
    assert.deepEqual(
      records.map(({ payload }) => Buffer.from(payload)),
      payloads,
    )
  },

  async 'read keeps to its size, but gives at least one record'({ open }) {
    const log = await open()
    await Promise.all(randomPayloads(10, 1000).map((payload) => log.append(0, payload)))
    const { signal } = new AbortController()
    assert.equal((await log.reader.read(0, 3500, signal)).length, 3)
    assert.equal((await log.reader.read(0, 1, signal)).length, 1)
    await assert.rejects(log.reader.read(11, 1, signal), RangeError)
  },

  async 'a reader at the end waits for the next record, and stops when aborted'({ open }) {
    const log = await open()
    const controller = new AbortController()
    const waiting = log.reader.read(0, 1000, controller.signal)
    await assert.rejects(log.reader.read(0, 1000, controller.signal), /overlap/)
    await log.append(0, Buffer.from('a'))
    assert.deepEqual(
      (await waiting).map(({ payload }) => payload.toString()),
      ['a'],
    )
    const aborted = log.reader.read(1, 1000, controller.signal)
    controller.abort()
    assert.deepEqual(await aborted, [])
    assert.deepEqual(await log.reader.read(0, 1000, controller.signal), [])
  },

  async 'close settles what is under way, wakes the reader, and refuses what comes after'({ open }) {
    const log = await open()
    const reading = log.reader.read(0, 1, new AbortController().signal)
    const appends = randomPayloads(10, 10).map((payload) => log.append(0, payload))
    const closing = log.close()
    await assert.rejects(log.append(0, Buffer.alloc(1)), refused('shutting_down'))
    assert.equal((await Promise.all(appends)).at(-1), 9)
    assert.equal((await reading)[0]?.offset, 0)
    await closing
    await assert.rejects(log.reader.read(0, 1, new AbortController().signal), refused('shutting_down'))
    await assert.rejects(log.reader.commit(commitAt(0)), refused('shutting_down'))
  },

  async 'commits drop whole segments below them and never go back'({ open, directory }) {
    const log = await open(small)
    for (const payload of randomPayloads(100, 1000)) await log.append(0, payload)
    const before = await segmentFiles(directory)
    await log.reader.commit(commitAt(50))
    const after = await segmentFiles(directory)
    assert.ok(after.length < before.length)
    assert.equal((await readAll(log, 50))[0]?.offset, 50)
    await assert.rejects(log.reader.commit(commitAt(49)), RangeError)
    await assert.rejects(log.reader.commit(commitAt(101)), RangeError)
    await assert.rejects(log.reader.commit({ ...commitAt(60), stored: 59 }), RangeError)
    await assert.rejects(log.reader.commit({ ...commitAt(60), stored: 101 }), RangeError)
    await log.reader.commit(commitAt(100))
    assert.equal((await segmentFiles(directory)).length, 1)
    assert.equal(log.stats().bytes, await bytesOf(directory))
  },

  async 'a full log refuses by name, never passes its limit, and takes records again after a commit'({
    open,
    directory,
  }) {
    const log = await open({ maximumBytes: 64 * KiB, keepBytes: 0 })
    const results = await Promise.allSettled(randomPayloads(200, 1000).map((payload) => log.append(0, payload)))
    const stored = results.filter(({ status }) => status === 'fulfilled').length
    assert.ok(stored > 50 && stored < 64, `${stored} stored`)
    for (const result of results) if (result.status === 'rejected') assert.ok(refused('log_full')(result.reason))
    assert.ok((await bytesOf(directory)) <= 64 * KiB)
    await assert.rejects(log.append(0, Buffer.alloc(1000)), refused('log_full'))
    for (let round = 0; round < 20; round++) {
      await log.reader.commit(commitAt(log.reader.end()))
      for (let i = 0; i < 40; i++) await log.append(0, Buffer.alloc(1000))
      assert.ok((await bytesOf(directory)) <= 64 * KiB)
    }
  },

  async 'a full disk is refused as log_full and any other failure as log_unavailable; both pass'({ open, directory }) {
    for (const [code, refusal] of [
      ['ENOSPC', 'log_full'],
      ['EIO', 'log_unavailable'],
    ] as const) {
      const disk = failingDisk()
      const log = await open({ ...small, fileSystem: disk.fileSystem, repairIntervalMs: 1 })
      const start = log.reader.end()
      const good = randomPayloads(30, 1000)
      for (const payload of good) await log.append(0, payload)
      // The failing group leaves bytes behind, and the first repairs fail too.
      disk.failWrites(1, code)
      disk.failSyncs(2)
      const bad = await Promise.allSettled(randomPayloads(10, 3000).map((payload) => log.append(0, payload)))
      for (const result of bad) assert.ok(result.status === 'rejected' && refused(refusal)(result.reason))
      for (const payload of good) await log.append(0, payload)
      const expected = [...good, ...good]
      assert.deepEqual(
        (await readAll(log, start)).map(({ payload }) => payload),
        expected,
      )
      await log.close()
      const again = await open(small)
      assert.deepEqual(
        (await readAll(again, start)).map(({ payload }) => payload),
        expected,
      )
      await again.reader.commit(commitAt(again.reader.end()))
      await again.close()
    }
    assert.ok((await segmentFiles(directory)).length > 0)
  },

  async 'a commit that cannot be written is refused, leaves the old one, and can be tried again'({ open }) {
    const disk = failingDisk()
    const log = await open({ fileSystem: disk.fileSystem })
    await log.append(0, Buffer.from('a'))
    disk.failWrites(1, 'EIO')
    await assert.rejects(log.reader.commit(commitAt(1)), refused('log_unavailable'))
    assert.deepEqual(await log.reader.committed(), commitAt(0))
    await log.reader.commit(commitAt(1))
    await assert.rejects(
      log.reader.commit({ ...commitAt(1), intents: Array.from({ length: 5000 }, () => [0, 0] as const) }),
      RangeError,
    )
    await assert.rejects(log.reader.commit(commitAt(1, [[1, 1, 'joint']])), RangeError, 'there is no other partition')
    assert.deepEqual(await log.reader.committed(), commitAt(1))
  },
}

for (const [sentence, run] of Object.entries(rows)) test(sentence, () => withScratch(run))

async function segmentFiles(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.endsWith('.segment'))
}

async function bytesOf(directory: string): Promise<number> {
  const sizes = (await segmentFiles(directory)).map(async (name) => (await stat(join(directory, name))).size)
  return (await Promise.all(sizes)).reduce((a, b) => a + b, 0)
}

/** The real disk, but the next writes or syncs can be made to fail after doing half their work. */
function failingDisk() {
  let writes = 0
  let syncs = 0
  let code = ''
  const failure = () => Object.assign(new Error(code), { code })
  const failing = (file: LogFile): LogFile => ({
    ...file,
    async write(source, position) {
      if (writes === 0) return file.write(source, position)
      writes--
      await file.write(source.subarray(0, source.length / 2), position)
      throw failure()
    },
    async sync() {
      if (syncs-- > 0) throw failure()
      return file.sync()
    },
  })
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    open: async (path, mode) => failing(await nodeFileSystem.open(path, mode)),
  }
  return {
    fileSystem,
    failWrites(count: number, errorCode: string) {
      writes = count
      code = errorCode
    },
    failSyncs(count: number) {
      syncs = count
    },
  }
}

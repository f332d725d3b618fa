/** What needs more than one process: the lock and being killed. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { LogLocked } from './embedded.ts'
import { readAll, type Scratch, withScratch } from './fixture.ts'

const rows: Record<string, (scratch: Scratch) => Promise<void>> = {
  async 'a second log in one directory is refused until the first is closed'({ open, directory }) {
    const log = await open()
    await assert.rejects(open(), LogLocked)
    await log.close()
    assert.deepEqual((await readdir(directory)).sort(), ['0000000000000000.segment', 'commit'])
    await (await open()).close()
  },

  async 'the lock of a process that is gone, or whose number another process has now, is removed'({ open, directory }) {
    const log = await open()
    const mine = (await readdir(directory)).find((name) => name.startsWith('lock.'))
    await log.close()
    const [, pid, start, boot, random] = mine!.split('.')
    for (const stale of [
      `lock.999999999.${start}.${boot}.${random}`,
      `lock.${pid}.1.${boot}.${random}`,
      `lock.${pid}.${start}.before-the-reboot.${random}`,
    ]) {
      await writeFile(join(directory, stale), '')
      const again = await open()
      assert.ok(!(await readdir(directory)).includes(stale))
      await again.close()
    }
    await writeFile(join(directory, mine!), '')
    await assert.rejects(open(), LogLocked)
  },

  async 'of many who open the log at once, at most one gets it'({ open, directory }) {
    await (await open()).close()
    for (let round = 0; round < 30; round++) {
      await writeFile(join(directory, 'lock.999999999.1.-.0123456789abcdef'), '')
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => open()))
      const opened = results.filter((result) => result.status === 'fulfilled')
      assert.ok(opened.length <= 1)
      for (const { value } of opened) await value.close()
      await (await open()).close()
    }
  },

  async 'a process that fails to open the log leaves no lock behind'({ open, directory }) {
    await writeFile(join(directory, '0000000000000000.segment'), 'rubbish')
    await assert.rejects(open(), /commit is damaged/)
    assert.deepEqual(await readdir(directory), ['0000000000000000.segment'])
  },

  async 'another process is refused, and after it is killed nothing it was told is missing'(scratch) {
    for (let round = 0; round < 3; round++) {
      const child = fork(fileURLToPath(new URL('./writer.fixture.js', import.meta.url)), [scratch.directory])
      const told = new Set<number>()
      child.on('message', (offset: number) => told.add(offset))
      await untilTold(child, told, 300)
      await assert.rejects(scratch.open(), LogLocked)
      child.kill('SIGKILL')
      await once(child, 'exit')
      const log = await scratch.open({ segmentBytes: 256 * 1024, keepBytes: 0 })
      const { offset: committed } = await log.reader.committed()
      const records = await readAll(log, committed)
      records.forEach(({ offset, payload }, i) => {
        assert.equal(offset, committed + i)
        assert.equal(Buffer.from(payload).readUInt32LE(), offset)
        assert.ok(payload.subarray(4).every((byte) => byte === offset % 251))
      })
      for (const offset of told) assert.ok(offset < log.reader.end(), `acknowledged record ${offset} is missing`)
      await log.close()
    }
  },
}

for (const [sentence, run] of Object.entries(rows)) test(sentence, () => withScratch(run))

async function untilTold(child: ChildProcess, told: Set<number>, count: number): Promise<void> {
  while (told.size < count) await once(child, 'message')
}

import assert from 'node:assert/strict'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreTrouble } from '../../schema/store.ts'
import { deferred } from '../deferred.fixture.ts'
import { createHandOver, leastBytes } from './hand-over.ts'
import { quiet } from './server.fixture.ts'
import { createSpool, type ShownFile } from './spool.ts'

const block = (byte: number, length = leastBytes) => [new Uint8Array(10).fill(byte), new Uint8Array(length).fill(byte)]
const trouble = (code: string) => new StoreTrouble('rejected', 'no', Object.assign(new Error('no'), { code }))
const neverSent = () => Promise.reject(new Error('it was sent'))

test('a large block is in the file that is sent, after its turn; a small one goes as a body', async () => {
  const handOver = createHandOver(2, quiet)
  const turn = deferred()
  const sent: Buffer[] = []
  const inserted = handOver.insert(
    block(7),
    () => turn.promise,
    async ({ path }) => void sent.push(await readFile(path)),
  )
  assert.equal(await handOver.insert(block(8, leastBytes - 11), undefined, neverSent), false)
  assert.equal(sent.length, 0)
  turn.resolve()
  assert.equal(await inserted, true)
  assert.ok(sent[0]!.equals(Buffer.concat(block(7))))
  await handOver.close()
})

test('no more blocks are in files at a time than there are files', async () => {
  const handOver = createHandOver(2, quiet)
  const turn = deferred()
  const two = [1, 2].map((byte) =>
    handOver.insert(
      block(byte),
      () => turn.promise,
      async () => {},
    ),
  )
  assert.equal(await handOver.insert(block(3), undefined, neverSent), false)
  turn.resolve()
  assert.deepEqual(await Promise.all(two), [true, true])
  assert.equal(await handOver.insert(block(3), undefined, async () => {}), true)
  await handOver.close()
})

test('a file that the store may still be reading is never written again', async () => {
  const handOver = createHandOver(1, quiet)
  let read: FileHandle | undefined
  const lost = new StoreTrouble('unavailable', 'the answer does not come')
  const insert = handOver.insert(block(1), undefined, async ({ path }: ShownFile) => {
    read = await open(path)
    throw lost
  })
  await assert.rejects(insert, lost)
  assert.equal(await handOver.insert(block(2), undefined, async () => {}), true)
  assert.ok((await read!.readFile()).equals(Buffer.concat(block(1))))
  await read!.close()
  await handOver.close()
})

test('a store that does not find the file, or knows no such statement, is shown none any more', async () => {
  for (const code of ['107', '62']) {
    const handOver = createHandOver(1, quiet)
    assert.equal(await handOver.insert(block(1), undefined, () => Promise.reject(trouble(code))), false)
    assert.equal(await handOver.insert(block(1), undefined, neverSent), false)
    await handOver.close()
  }
  const handOver = createHandOver(1, quiet)
  await assert.rejects(handOver.insert(block(1), undefined, () => Promise.reject(trouble('60'))))
  assert.equal(await handOver.insert(block(1), undefined, async () => {}), true)
  await handOver.close()
})

test('where there is no memory for files, or no longer, blocks go as bodies', async () => {
  const none = createHandOver(1, quiet, { makeSpool: async () => undefined })
  assert.equal(await none.insert(block(1), undefined, neverSent), false)
  const full = createHandOver(1, quiet, {
    makeSpool: async () => ({
      ...(await createSpool('/dev/shm')),
      write: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
    }),
  })
  assert.equal(await full.insert(block(1), undefined, neverSent), false)
})

test('files that no block needs give their memory back after a while, and the next block has new ones', async () => {
  let made = 0
  let closed = 0
  const makeSpool = async () => {
    made++
    const spool = await createSpool('/dev/shm')
    return {
      ...spool,
      async close() {
        closed++
        await spool.close()
      },
    }
  }
  const handOver = createHandOver(2, quiet, { makeSpool, rest: 200 })
  const insert = () => handOver.insert(block(1), undefined, async () => {})
  await insert()
  await insert()
  assert.deepEqual([made, closed], [1, 0])
  await sleep(400)
  assert.deepEqual([made, closed], [1, 1])
  assert.equal(await insert(), true)
  assert.deepEqual([made, closed], [2, 1])
  await handOver.close()
  assert.equal(closed, 2)
})

test('a block whose turn fails is not sent', async () => {
  const handOver = createHandOver(1, quiet)
  const stopped = new Error('stopped')
  await assert.rejects(
    handOver.insert(block(1), () => Promise.reject(stopped), neverSent),
    stopped,
  )
  assert.equal(await handOver.insert(block(1), undefined, async () => {}), true)
  await handOver.close()
})

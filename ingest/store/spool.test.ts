import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { chosenSeed, createRandom, whole } from '../../test/random.ts'
import { createSpool } from './spool.ts'

const seed = chosenSeed()

test(`a spool holds what was written last, of whatever size and however it came, seed ${seed}`, async () => {
  const random = createRandom(seed)
  const spool = await createSpool(tmpdir())
  async function* later(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield piece
  }
  for (let round = 0; round < 60; round++) {
    const most = [10, 100_000, 400_000][round % 3]!
    const pieces = Array.from({ length: whole(random, 0, 8) }, () =>
      new Uint8Array(whole(random, 0, most)).fill(whole(random, 0, 255)),
    )
    if (random() < 0.5) await spool.write(pieces)
    else await spool.fill(later(pieces))
    assert.ok(Buffer.concat(pieces).equals(await readFile(spool.path)))
  }
  await spool.close()
})

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, open, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../test/harness.ts'
import { createDisk, diskAbilities, type SmallDisk } from './disk.ts'

const { fill, stall } = await diskAbilities()
const skipFill = fill.able ? false : `NO DISK CAN BE MADE HERE: ${fill.reason}`
const skipStall = stall.able ? false : `NO DISK CAN BE STALLED HERE: ${stall.reason}`

async function diskOf(context: TestContext, megabytes = 32): Promise<SmallDisk> {
  const disk = await createDisk({ name: 'test', megabytes })
  context.after(() => disk.unmount())
  return disk
}
const isMounted = (path: string) => readFileSync('/proc/mounts', 'utf8').includes(` ${path} `)
const write = (disk: SmallDisk, bytes: number, name: string) => writeFile(join(disk.path, name), Buffer.alloc(bytes, 7))

test('a full disk refuses writes until it is freed', { skip: skipFill }, async (context) => {
  const disk = await diskOf(context)
  await write(disk, 1_000_000, 'before')
  for (let round = 0; round < 3; round++) {
    await disk.fill()
    await disk.fill()
    assert.ok(disk.faulty())
    await assert.rejects(write(disk, 200_000, `refused${round}`), { code: 'ENOSPC' })
    await disk.free()
    await disk.free()
    assert.ok(!disk.faulty())
    await write(disk, 4_000_000, `fits${round}`)
  }
  assert.equal((await readFile(join(disk.path, 'before'))).length, 1_000_000)
})

test('what others give back to a full disk is taken too', { skip: skipFill }, async (context) => {
  const disk = await diskOf(context)
  await write(disk, 6_000_000, 'large')
  await disk.fill()
  // Some of it the file system keeps for itself.
  const free = async () => {
    const { bfree, bsize } = await statfs(disk.path)
    return bfree * bsize
  }
  const whenFull = await free()
  await writeFile(join(disk.path, 'large'), '')
  await until('what was given back is taken', async () => (await free()) < whenFull + 100_000)
  for (let i = 0; i < 20; i++) {
    await assert.rejects(write(disk, 250_000, `small${i}`), { code: 'ENOSPC' })
    await sleep(30)
  }
})

test('writes to a stalled disk hang and then go on', { skip: skipStall }, async (context) => {
  const disk = await diskOf(context)
  const file = await open(join(disk.path, 'file'), 'w')
  await file.write('a')
  await file.sync()
  const stalls = [disk.stall(400), disk.stall(200)]
  // Two one after the other; the first has begun when a write does not come back.
  let writes = 0
  let longestMs = 0
  let over = false
  const writing = (async () => {
    while (!over) {
      const started = performance.now()
      await file.write('b')
      await file.sync()
      writes++
      longestMs = Math.max(longestMs, performance.now() - started)
    }
  })()
  await Promise.all(stalls)
  assert.ok(!disk.faulty())
  const before = writes
  while (writes < before + 3) await new Promise(setImmediate)
  over = true
  await writing
  await file.close()
  assert.ok(longestMs > 350, `the longest write took ${longestMs} ms`)
})

test('an unmounted disk leaves nothing', { skip: skipFill }, async (context) => {
  const disk = await diskOf(context)
  await disk.fill()
  assert.ok(isMounted(disk.path))
  const stalling = stall.able ? disk.stall(100) : undefined
  await disk.unmount()
  await stalling
  assert.ok(!isMounted(disk.path))
  assert.deepEqual([existsSync(disk.path), existsSync(`${disk.path}.img`)], [false, false])
})

test('the disk of a process that was killed is removed by the next', { skip: skipFill }, async (context) => {
  const modules = ['disk', 'mounts'].map((name) => JSON.stringify(new URL(`${name}.js`, import.meta.url).href))
  const program = `
    const { createDisk } = await import(${modules[0]})
    const disk = await createDisk({ name: 'left', megabytes: 8 })
    await disk.fill()
    ${stall.able ? 'disk.stall(300)' : ''}
    console.log(disk.path)
    setInterval(() => {}, 1000)`
  // Temporary files of its own, which the next process does not know.
  const temporary = await mkdtemp(join(tmpdir(), 'stepstream-temporary-'))
  context.after(() => rm(temporary, { recursive: true }))
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
  })
  const path = await new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text).trim())))
  const cleanUp = async () => {
    const code = `console.log((await (await import(${modules[1]})).removeLeftovers()).join())`
    const other = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    for await (const piece of other.stdout) text += piece
    return text.trim()
  }
  assert.ok(isMounted(path))
  assert.ok(!(await cleanUp()).includes(path), 'it still runs')
  assert.ok(isMounted(path))
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
  assert.ok((await cleanUp()).includes(path))
  assert.deepEqual([isMounted(path), existsSync(path), existsSync(`${path}.img`)], [false, false, false])
})
